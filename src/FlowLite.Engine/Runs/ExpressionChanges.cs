using System.Text.Json;

namespace FlowLite.Engine.Runs;

/// <summary>What the expressions of an activity's inputs have changed of their run, as it is kept: it goes with the event that carries the values that they gave.</summary>
/// <param name="Variables">By id; null: none.</param>
internal readonly record struct ExpressionChanges(Dictionary<string, JsonElement>? Variables, RunChanges? Run)
{
    public ActivityEvent In(ActivityEvent @event) => Variables is null && Run is null ? @event : @event with { Variables = Variables, Run = Run };
}
