using System.Text.Json;
using CsCheck;
using FlowLite.Engine.Expressions.Templates;

namespace FlowLite.Tests.Expressions;

public class TemplatePathTests
{
    private static readonly Gen<string> Name = Gen.OneOf(
        Gen.String[Gen.Char["aZ_9 -.\"'\\{}%[]\n\u0001ä"], 0, 6],
        Gen.Const("end"), Gen.Const("if"), Gen.Const("for"), Gen.Const("null"), Gen.Const("true"), Gen.Const("size"), Gen.Const("empty"), Gen.Const("with"), Gen.Const("this"), Gen.Const("while"), Gen.Const("tablerow"), Gen.Const("func"), Gen.Const("ret"), Gen.Const("blank"));

    [Theory]
    [InlineData(new[] { "body", "UserDetails", "Email" }, "trigger.body.UserDetails.Email")]
    [InlineData(new[] { "body", "E-Mail" }, "trigger.body[\"E-Mail\"]")]
    [InlineData(new[] { "body", "1st", "x" }, "trigger.body[\"1st\"].x")]
    [InlineData(new[] { "body", "" }, "trigger.body[\"\"]")]
    [InlineData(new[] { "body", "a\"b" }, "trigger.body[\"a\\\"b\"]")]
    public void Of_Names_GivesThePath(string[] names, string expected) =>
        TemplatePath.Of("trigger", names).Should().Be(expected);

    [Fact]
    public void Of_AnyNames_LeadsToTheValueInATemplate() =>
        Name.Array[1, 3].Sample(names =>
        {
            object value = 42;
            foreach (var name in names.Reverse())
            {
                value = new Dictionary<string, object> { [name] = value };
            }

            var scope = new TestScope(JsonSerializer.Serialize(value));
            var expression = TemplatePath.Expression(TemplatePath.Of("trigger", ["body", .. names]));
            Templates.Evaluate(expression, scope).Should().Be("42", expression);
            Templates.Compile(expression, direct: false).Evaluate(scope).GetRawText().Should().Be("42", expression);
            return true;
        });
}
