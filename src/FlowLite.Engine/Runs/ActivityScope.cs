using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>What the expressions see that an activity evaluates while it executes: the run, what the activity has set so far, and an item.</summary>
internal sealed class ActivityScope(RunScope run, ActivityContext context, JsonElement item, bool isScript) : IExpressionScope
{
    public JsonElement Trigger => run.Trigger;

    public JsonElement Run => (context.Run?.After(context.RunBefore) ?? context.RunBefore) is { } changes ? Changed(run.Run, changes) : run.Run;

    public JsonElement Flow => run.Flow;

    public JsonElement Item => item.ValueKind == JsonValueKind.Undefined ? run.Item : item;

    public JsonElement LastResult => run.LastResult;

    public IEnumerable<string> VariableNames => run.VariableNames;

    public IEnumerable<string> ActionNames => run.ActionNames;

    public IEnumerable<string> InputNames => run.InputNames;

    public IEnumerable<string> DeclaredInputs => run.DeclaredInputs;

    public bool TryGetAction(string name, out ActionView action) => run.TryGetAction(name, out action);

    public bool TryGetVariable(string idOrName, out JsonElement value) =>
        context.TryGetSet(run.VariableId(idOrName), out value) || run.TryGetVariable(idOrName, out value);

    public bool TryGetInput(string name, out JsonElement value) => run.TryGetInput(name, out value);

    public JsonElement Fit(string idOrName, JsonElement value) => run.Fit(idOrName, value);

    public void SetVariable(string idOrName, JsonElement value) => context.SetVariable(run.VariableId(idOrName), Fit(idOrName, value));

    public void MarkUnrepeatable() => run.MarkUnrepeatable();

    public void SetOutcomes(IReadOnlyList<string> outcomes)
    {
        if (!isScript)
        {
            throw new ExpressionException("Outcomes can be set in the script of a Run JavaScript activity only.");
        }

        context.Complete(outcomes);
    }

    public void SetRunName(string name) => context.SetRunName(name);

    public void SetCorrelationId(string correlationId) => context.Correlate(correlationId);

    /// <summary>The run as the script has changed it so far.</summary>
    private static JsonElement Changed(JsonElement run, RunChanges changes) => JsonValues.Object(writer =>
    {
        foreach (var member in run.EnumerateObject().Where(m => m.Name is not ("name" or "correlationId")))
        {
            member.WriteTo(writer);
        }

        writer.WriteString("name", changes.NameAfter(run.Text("name")));
        writer.WriteString("correlationId", changes.CorrelationIdAfter(run.Text("correlationId")));
    });
}
