using System.Text.Json;
using CsCheck;
using FlowLite.Engine.Expressions;

namespace FlowLite.Tests.Expressions;

public sealed class DirectPathPropertyTests
{
    private static readonly Gen<string> Name = Pick("a", "A", "b", "B", "size", "Äb", "äb", "first name", "0", "status", "outputs", "k_1");

    private static readonly Gen<string> Scalar = Pick(
        "null", "true", "false", "0", "-0", "1", "1.0", "1.50", "-2.25", "1e2", "1E+2", "1e400", "0.1", "9007199254740993",
        "9223372036854775807", "18446744073709551615", "123456789012345678901234567890", "0.12345678901234567890123456789012345",
        "\"\"", "\"x\"", "\"ü\\n\\\"<\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"{{ 1 }}\"", "\"12\"");

    private static readonly Gen<string> Document = Gen.Recursive<string>((depth, inner) => depth > 3
        ? Scalar
        : Gen.OneOf(
            Scalar,
            inner.Array[0, 3].Select(items => $"[{string.Join(",", items)}]"),
            Gen.Select(Name, inner).Array[0, 4].Select(members => $"{{{string.Join(" , ", members.Select(m => $"\"{m.Item1}\": {m.Item2}"))}}}")));

    private static readonly Gen<string> Step = Gen.OneOf(
        Pick(".a", ".A", ".b", ".size", ".k_1", ".status", ".outputs"),
        Name.Select(name => $"[\"{name}\"]"),
        Gen.Int[-3, 3].Select(index => $"[{index}]"));

    private static readonly Gen<string> Path =
        Gen.Select(
            Pick("trigger.body", "item", "actions.a", "actions[\"first name\"]", "actions.a.outputs", "variables.a", "variables[\"0\"]", "inputs.b", "run", "flow.a"),
            Step.Array[0, 4],
            (root, steps) => root + string.Concat(steps));

    [Fact]
    public void Evaluate_DirectOrThroughScriban_GivesTheSame() =>
        Gen.Select(Document, Document, Path, Path, Pick("", " ", "x ", "\n  ", "ü\"")).Sample((first, second, one, other, text) =>
        {
            var scope = new TestScope(first)
            {
                Item = JsonElement.Parse(second),
                Actions = { ["a"] = new ActionView("Completed", JsonElement.Parse(second)), ["first name"] = new ActionView("Faulted", default) },
                Variables = { ["a"] = first, ["0"] = second },
                Inputs = { ["b"] = second },
            };

            AssertSame($"{{{{ {one} }}}}", scope);
            AssertSame($"{text}{{{{ {one} }}}}{text}{{{{ {other} }}}}", scope);
        }, iter: 3000);

    private static Gen<string> Pick(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static void AssertSame(string template, TestScope scope)
    {
        var direct = Result(Templates.Compile(template), scope);
        var scriban = Result(Templates.Compile(template, direct: false), scope);

        // A negative index is an operator to Scriban, so such a path is not direct.
        direct.Should().Be(scriban, "of {0}", template);
    }

    private static string Result(CompiledExpression expression, TestScope scope)
    {
        try
        {
            // Texts are compared decoded, for either side may escape them differently; numbers by their text.
            var value = expression.Evaluate(scope);
            return value.ValueKind == JsonValueKind.String ? "text " + value.GetString() : value.GetRawText();
        }
        catch (ExpressionException exception)
        {
            return "! " + exception.Message;
        }
    }
}
