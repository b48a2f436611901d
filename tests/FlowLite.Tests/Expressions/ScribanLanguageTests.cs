using System.Text.Json;
using FlowLite.Engine.Expressions;

namespace FlowLite.Tests.Expressions;

public sealed class ScribanLanguageTests
{
    private const string Body = """
        {"Name":"Ann","name2":"Lee","n":12,"big":123456789012345678901234567890123456789012345678901234567890,
         "huge":1e400,"price":1.50,"exp":1.5e2,"minus":-0,"yes":true,"none":null,"list":[1,"x",{"k":2}],"o":{"p":{"q":"deep"}},
         "First Name":"Eva","Key":"upper","key":"lower","code":"{{ 1 + 1 }}","lines":"a\nb","nums":[3,1,2]}
        """;

    private static readonly TestScope Scope = new(Body)
    {
        Item = JsonElement.Parse("""{"sku":"A1"}"""),
        Actions =
        {
            ["Create Lead"] = new ActionView("Completed", JsonElement.Parse("""{"id":"00Q1"}""")),
            ["ping"] = new ActionView("Faulted", default),
        },
        Variables = { ["total"] = "41" },
        Inputs = { ["region"] = "\"EU\"" },
    };

    [Theory]
    [InlineData("{{ trigger.body.Name }}", "\"Ann\"")]
    [InlineData("{{ trigger.body.n }}", "12")]
    [InlineData("{{ trigger.body.yes }}", "true")]
    [InlineData("{{ trigger.body.none }}", "null")]
    [InlineData("{{ trigger.body.list }}", """[1,"x",{"k":2}]""")]
    [InlineData("{{ trigger.body.o }}", """{"p":{"q":"deep"}}""")]
    [InlineData("{{ trigger.body.n + 1 }}", "13")]
    [InlineData("{{ 0.1 + 0.2 }}", "0.3")]
    [InlineData("{{ trigger.body.n > 11 }}", "true")]
    [InlineData("{{ { a: trigger.body.o, b: [trigger.body.big] } }}", """{"a":{"p":{"q":"deep"}},"b":[123456789012345678901234567890123456789012345678901234567890]}""")]
    [InlineData("{{ trigger.body.nums | array.sort }}", "[1,2,3]")]
    [InlineData("{{ trigger.body.nums | array.each @(do; ret $0 * 2; end) }}", "[6,2,4]")]
    [InlineData("{{ 1..3 }}", "[1,2,3]")]
    [InlineData("{{ trigger.body.Name | string.upcase }}", "\"ANN\"")]
    public void Evaluate_WholeExpression_KeepsType(string template, string expected) =>
        Templates.Evaluate(template, Scope).Should().Be(expected);

    [Theory]
    [InlineData("big")]
    [InlineData("huge")]
    [InlineData("price")]
    [InlineData("exp")]
    [InlineData("minus")]
    public void Evaluate_NumberCopiedThrough_KeepsItsText(string name)
    {
        var expected = Scope.Trigger.GetProperty("body").GetProperty(name).GetRawText();

        Templates.Evaluate($"{{{{ trigger.body.{name} }}}}", Scope).Should().Be(expected);
        Templates.Evaluate($"{{{{ (trigger.body.{name}) }}}}", Scope).Should().Be(expected);
        Templates.Evaluate($"{{{{ x = trigger.body.{name}; x }}}}!", Scope).Should().Be($"\"{expected}!\"");
    }

    [Theory]
    [InlineData("Hi {{ trigger.body.Name }} {{ trigger.body.name2 }}", "Hi Ann Lee")]
    [InlineData(" {{ trigger.body.n }}", " 12")]
    [InlineData("{{ trigger.body.n }}{{ trigger.body.none }}{{ trigger.body.yes }}", "12true")]
    [InlineData("a{{ 1 + 1 }}", "a2")]
    [InlineData("x {{ trigger.body.list }} {{ (trigger.body.o) }}", """x [1,"x",{"k":2}] {"p":{"q":"deep"}}""")]
    [InlineData("{{ x = [1, {a: 'ü'}]; x }}", """[1,{"a":"ü"}]""")]
    [InlineData("  {{ (trigger.body.lines) }}.", "  a\nb.")]
    [InlineData("{{ for x in trigger.body.list }}{{ for.index }}={{ x }};{{ end }}", """0=1;1=x;2={"k":2};""")]
    [InlineData("{{ for pair in trigger.body.o }}{{ pair.key }}:{{ pair.value }}{{ end }}", """p:{"q":"deep"}""")]
    [InlineData("on {{ run.now | date.parse }}", "on 2026-11-22T20:53:04.123Z")]
    [InlineData("on {{ run.now | date.to_string '%F' }}", "on 2026-11-22")]
    [InlineData("by {{ '2026-11-30T23:30:00-02:00' | date.add_days 1 }}", "by 2026-12-02T01:30:00Z")]
    [InlineData("{{ trigger.body.none | date.to_string '%F' }}.", ".")]
    [InlineData("no braces", "no braces")]
    [InlineData("", "")]
    [InlineData("{%{ {{ raw }} }%}", " {{ raw }} ")]
    public void Evaluate_MixedText_GivesText(string template, string expected) =>
        Templates.Compile(template).Evaluate(Scope).GetString().Should().Be(expected);

    [Theory]
    [InlineData("trigger.body.a.b.c")]
    [InlineData("trigger.body.list[9].z")]
    [InlineData("trigger.body.list[-9]")]
    [InlineData("trigger.body.list[99999999999]")]
    [InlineData("trigger.body.list['q']")]
    [InlineData("trigger.body.list[trigger.body.none]")]
    [InlineData("trigger.body.n.x")]
    [InlineData("trigger.body.n[0]")]
    [InlineData("trigger.body.Name[0]")]
    [InlineData("trigger.body.huge[0].x")]
    [InlineData("actions.nobody.outputs.id")]
    [InlineData("actions.ping.outputs.id")]
    [InlineData("variables.none.x")]
    [InlineData("inputs.none")]
    public void Evaluate_Missing_IsNull(string path)
    {
        Templates.Evaluate($"{{{{ {path} }}}}", Scope).Should().Be("null");
        Templates.Evaluate($"{{{{ ({path}) }}}}", Scope).Should().Be("null");
        Templates.Evaluate($"{{{{ {path} ?? 'none' }}}}", Scope).Should().Be("\"none\"");
    }

    [Fact]
    public void Evaluate_ItemOutsideLoop_IsNull() =>
        Templates.Evaluate("{{ item.sku }}", new TestScope()).Should().Be("null");

    [Theory]
    [InlineData("{{ trigger.BODY.NAME }}", "\"Ann\"")]
    [InlineData("{{ trigger.body.key }}", "\"lower\"")]
    [InlineData("{{ trigger.body.Key }}", "\"upper\"")]
    [InlineData("{{ trigger.body['first name'] }}", "\"Eva\"")]
    [InlineData("{{ trigger.headers['x-source'] }}", "\"web\"")]
    [InlineData("{{ trigger.body.list.size }}", "3")]
    [InlineData("{{ trigger.body.list[-1].k }}", "2")]
    [InlineData("{{ actions['Create Lead'].outputs.id }}", "\"00Q1\"")]
    [InlineData("{{ actions['Create Lead'].status }}", "\"Completed\"")]
    [InlineData("{{ actions.ping }}", """{"status":"Faulted","outputs":null}""")]
    [InlineData("{{ variables.total + 1 }}", "42")]
    [InlineData("{{ inputs.region }}", "\"EU\"")]
    [InlineData("{{ flow.version }}", "3")]
    [InlineData("{{ item.sku }}", "\"A1\"")]
    public void Evaluate_Names_FindExactlyFirstThenIgnoringCase(string template, string expected) =>
        Templates.Evaluate(template, Scope).Should().Be(expected);

    [Fact]
    public void Evaluate_TemplateInData_IsText()
    {
        Templates.Compile("{{ trigger.body.code }}").Evaluate(Scope).GetString().Should().Be("{{ 1 + 1 }}");
        Templates.Compile("x {{ (trigger.body.code) }}").Evaluate(Scope).GetString().Should().Be("x {{ 1 + 1 }}");
    }

    [Theory]
    [InlineData("{{ 1 / 0 }}")]
    [InlineData("{{ trigger.body.huge * 2 }}")]
    [InlineData("{{ (1 / 0) - (1 / 0) }}")]
    public void Evaluate_NonFiniteResult_Throws(string template) =>
        Failure(template, Scope).Message.Should().Contain("finite");

    [Theory]
    [InlineData("{{ trigger.body.s }}")]
    [InlineData("{{ (trigger.body.s) }}")]
    [InlineData("x{{ trigger.body.s }}")]
    [InlineData("x{{ trigger.body.o }}")]
    [InlineData("x{{ (trigger.body.o) }}")]
    public void Evaluate_LoneSurrogate_Throws(string template) =>
        Failure(template, new TestScope("""{"s":"\ud800","o":{"x":"\udc00"}}""")).Message.Should().Contain("Unicode");

    [Fact]
    public void Evaluate_UnassignedName_SaysWhichExist()
    {
        var failure = Failure("a\n{{ if trigger.body.none; y = 1; end; y }}", Scope);

        failure.Message.Should().Be("Unknown name 'y'. Available: trigger, actions, variables, inputs, run, flow, item.");
        (failure.Line, failure.Column).Should().Be((2, 38));
    }

    [Fact]
    public void Evaluate_AfterAssignment_LeavesNoTrace()
    {
        Templates.Evaluate("{{ x = 1; string = 2; for i in 1..2; y = i; end; x }}", Scope).Should().Be("\"1\"");

        Failure("{{ if false; x = 1; end; x }}", Scope).Message.Should().StartWith("Unknown name 'x'");
        Templates.Evaluate("{{ 'a' | string.upcase }}", Scope).Should().Be("\"A\"");
    }

    [Fact]
    public void Evaluate_AfterFailure_WorksAgain()
    {
        Failure("{{ capture c }}abc{{ trigger.body.x.y = 1 }}{{ end }}", Scope);

        Templates.Evaluate("x{{ (trigger.body.n) }}", Scope).Should().Be("\"x12\"");
    }

    [Fact]
    public void Evaluate_InParallel_MixesNothing()
    {
        var expression = Templates.Compile("{{ x = trigger.body.id }}{{ for i in 1..5 }}{{ x }},{{ end }}");

        Parallel.For(0, 500, id => expression.Evaluate(new TestScope($$"""{"id":{{id}}}""")).GetString()
            .Should().Be(string.Concat(Enumerable.Repeat($"{id},", 5))));
    }

    [Fact]
    public void Compile_ValueThatIsNoText_IsConstant()
    {
        var problems = new List<ExpressionProblem>();
        new ScribanLanguage().Compile(JsonElement.Parse("true"), "test", problems)!.Constant!.Value.GetRawText().Should().Be("true");
        new ScribanLanguage().Compile(default, "test", problems)!.Constant!.Value.GetRawText().Should().Be("null");
        problems.Should().BeEmpty();
    }

    private static ExpressionException Failure(string template, IExpressionScope scope) =>
        Templates.Compile(template).Invoking(expression => expression.Evaluate(scope)).Should().Throw<ExpressionException>().Which;
}
