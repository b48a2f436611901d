using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Composition;

/// <summary>
/// A flow as an activity of another one: its inputs are the activity's, its outputs and outcomes too. It runs as a run of its own, pinned to the version
/// that the document names, or the published one where there is none or where the flow updates those who use it.
/// </summary>
[Activity("Elsa.Workflows.Management.Activities.WorkflowDefinitionActivity", "WorkflowDefinitionActivity", "A flow that is used as an activity.",
    Type = FlowActivity.TypeName, DisplayName = "Workflow Definition Activity", IsBrowsable = false)]
public sealed class WorkflowDefinitionActivity : Activity
{
    [Input(IsBrowsable = false)]
    public string? WorkflowDefinitionId { get; set; }

    [Input(IsBrowsable = false)]
    public string? WorkflowDefinitionVersionId { get; set; }

    /// <summary>By the flow's names of them.</summary>
    [Input(IsBrowsable = false)]
    public InputMap Inputs { get; set; } = null!;

    protected override FlowReference? Part => WorkflowDefinitionId is { Length: > 0 } id ? new FlowReference(id, WorkflowDefinitionVersionId is { Length: > 0 } version ? version : null) : null;

    protected override IEnumerable<string> Validate() => Part is null ? ["It does not say which flow it is."] : [];

    protected override async ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.Signal is { } signal)
        {
            var end = ChildEnd.From(signal);
            ChildRuns.ThrowIfFailed(end);
            foreach (var output in end.Output.EnumerateObject())
            {
                context.SetOutput(output.Name, output.Value);
            }

            context.Complete(end.Outcomes.Count > 0 ? end.Outcomes : Outcomes.JustDone);
            return;
        }

        var flow = Part!;
        var runId = await context.StartRunAsync(new ChildRequest(flow.DefinitionId)
        {
            VersionId = flow.VersionId,
            Input = Inputs.Get(context),
            CorrelationId = context.CorrelationId,
            Waits = true,
            IsPart = true,
        });
        context.WaitFor(new Bookmark(BookmarkKind.Child, runId.ToString()));
    }
}
