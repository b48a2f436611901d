using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>
/// Holds activities together, so that the flow can go on when one of them fails: try, catch and finally. Flow's run-after, drawn as ports.
/// </summary>
[Activity("FlowLite", "Control Flow", "Activities with ports for when one of them fails or they take too long: try and catch.",
    Outcomes = [Engine.Activities.Outcomes.Done, Engine.Activities.Outcomes.Failed, Engine.Activities.Outcomes.TimedOut])]
[Port(Body)]
public sealed class Scope : Container
{
    private const string Body = "Body";

    public override bool EvaluatesInputs => false;

    public override bool CatchesFailures => true;

    /// <summary>ISO 8601 or hh:mm:ss. Fixed when the flow is published, as all timeouts are.</summary>
    [Input(DisplayName = "Timeout", Description = "How long all of it may take, such as PT10M; empty: as long as it takes.", Category = "Advanced")]
    public string? TimeLimit { get; set; }

    [Output(Description = "What came of the activities that stand in it, in the order in which they were drawn.")]
    public Output<object> Results { get; set; } = null!;

    protected override TimeSpan? Timeout => !string.IsNullOrEmpty(TimeLimit) && InputValues.TryTimeout(TimeLimit, out var timeout) ? timeout : null;

    protected override IEnumerable<string> Validate() =>
        string.IsNullOrEmpty(TimeLimit) || Timeout is not null ? [] : ["Timeout is a duration such as PT10M, above zero and up to a year."];

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        if (node.Ports.TryGetValue(Body, out var body))
        {
            scheduler.Schedule(instance, body, InstanceIds.Child(instance.Id, Body, body.Id));
        }
        else
        {
            scheduler.CompleteWithResults(instance, Outcomes.JustDone);
        }
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        scheduler.CompleteWithResults(instance, Outcomes.JustDone);
}
