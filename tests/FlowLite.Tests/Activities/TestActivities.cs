using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Activities;

/// <summary>Completes with the outcomes it is told (comma-separated).</summary>
[Activity("Test", "Test")]
public sealed class Step : Activity
{
    [Input]
    public Input<string> Outcome { get; set; } = null!;

    protected internal override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Complete(Outcome.Get(context)?.Split(',') ?? ["Done"]);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Counts in the variable <c>n</c>: Again until the limit, then Done.</summary>
[Activity("Test", "Test", Outcomes = ["Again", "Done"])]
public sealed class Counter : Activity
{
    [Input]
    public Input<int> Count { get; set; } = null!;

    [Input]
    public Input<int> Limit { get; set; } = null!;

    protected internal override ValueTask ExecuteAsync(ActivityContext context)
    {
        var count = Count.Get(context) + 1;
        context.SetVariable("n", JsonValues.Number(count));
        context.Complete(count < Limit.Get(context) ? "Again" : "Done");
        return ValueTask.CompletedTask;
    }
}

/// <summary>The value itself, under the names of the constant languages.</summary>
internal sealed class ConstantLanguage(string name) : IExpressionLanguage
{
    public string Name => name;

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems) => new Value(value);

    private sealed class Value(JsonElement value) : CompiledExpression
    {
        public override JsonElement? Constant => value;

        public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) => value;
    }
}

/// <summary><c>item</c> or the name of a variable.</summary>
internal sealed class PathLanguage : IExpressionLanguage
{
    public string Name => "Path";

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems) => new Path(value.GetString()!);

    private sealed class Path(string path) : CompiledExpression
    {
        public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) =>
            path == "item" ? scope.Item : scope.TryGetVariable(path, out var value) ? value : JsonValues.Null;
    }
}
