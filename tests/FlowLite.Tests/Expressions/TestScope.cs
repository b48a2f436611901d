using System.Text.Json;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Expressions;

internal sealed class TestScope(string body = "{}") : IExpressionScope
{
    public JsonElement Trigger { get; init; } = JsonElement.Parse($$"""{"headers":{"X-Source":"web"},"queries":{},"path":{},"body":{{body}}}""");

    public JsonElement Run { get; init; } = JsonElement.Parse("""{"id":"run-1","now":"2026-11-22T20:53:04.123Z"}""");

    public JsonElement Flow { get; init; } = JsonElement.Parse("""{"id":"flow-1","name":"Leads","version":3}""");

    public JsonElement Item { get; init; }

    public JsonElement LastResult { get; init; }

    public Dictionary<string, ActionView> Actions { get; init; } = [];

    public Dictionary<string, string> Variables { get; init; } = [];

    public Dictionary<string, string> Inputs { get; init; } = [];

    public IEnumerable<string> VariableNames => Variables.Keys;

    public IEnumerable<string> ActionNames => Actions.Keys;

    public IEnumerable<string> InputNames => Inputs.Keys;

    public IEnumerable<string> DeclaredInputs { get; init; } = [];

    /// <summary>What expressions have set, as JSON text.</summary>
    public Dictionary<string, string> Set { get; } = [];

    public IReadOnlyList<string>? Outcomes { get; private set; }

    public bool IsUnrepeatable { get; private set; }

    public void SetVariable(string idOrName, JsonElement value) => Set[idOrName] = value.GetRawText();

    public void SetOutcomes(IReadOnlyList<string> outcomes) => Outcomes = outcomes;

    public void MarkUnrepeatable() => IsUnrepeatable = true;

    public bool TryGetAction(string name, out ActionView action) => Actions.TryGetValue(name, out action);

    public bool TryGetVariable(string idOrName, out JsonElement value) => TryParse(Variables, idOrName, out value);

    public bool TryGetInput(string name, out JsonElement value) => TryParse(Inputs, name, out value);

    private static bool TryParse(Dictionary<string, string> values, string name, out JsonElement value)
    {
        value = values.TryGetValue(name, out var json) ? JsonElement.Parse(json) : default;
        return json is not null;
    }
}

internal static class Templates
{
    public static CompiledExpression Compile(string template, bool direct = true, TimeProvider? clock = null)
    {
        var problems = new List<ExpressionProblem>();
        var compiled = new ScribanLanguage(clock).Compile(JsonValues.String(template), "test", problems, direct);
        problems.Should().BeEmpty();
        return compiled!;
    }

    public static IReadOnlyList<ExpressionProblem> Problems(string template)
    {
        var problems = new List<ExpressionProblem>();
        var compiled = new ScribanLanguage().Compile(JsonValues.String(template), "test", problems);
        if (problems.Count > 0)
        {
            compiled.Should().BeNull();
        }

        return problems;
    }

    public static string Evaluate(string template, IExpressionScope scope) => Compile(template).Evaluate(scope).GetRawText();
}
