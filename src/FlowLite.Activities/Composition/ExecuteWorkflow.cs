using FlowLite.Engine.Activities;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Composition;

/// <summary>
/// Starts a run of another flow's published version and waits for its end. The run has a journal and a history of its own; its failure is this
/// activity's, and it is cancelled with this run.
/// </summary>
[Activity("Elsa", "Composition", "Runs another flow and waits for its end.", DisplayName = "Execute Workflow", Kind = ActivityKind.Task,
    Outcomes = [Engine.Activities.Outcomes.Done, Engine.Activities.Outcomes.Failed])]
public sealed class ExecuteWorkflow : Activity
{
    [Input(DisplayName = "Workflow Definition", Description = "The flow.", UIHint = "workflow-definition-picker", Required = true)]
    public Input<string> WorkflowDefinitionId { get; set; } = null!;

    [Input(DisplayName = "Correlation ID", Description = "The run's correlation id.", DefaultSyntax = "Scriban")]
    public Input<string?> CorrelationId { get; set; } = null!;

    [Input(Description = "The flow's inputs by their names: an object.", TypeName = "ObjectDictionary", UIHint = "json-editor", EditorLanguage = "json", DefaultSyntax = "Scriban")]
    public Input<object> Input { get; set; } = null!;

    [Input(DisplayName = "Wait for Completion", Description = "Wait for the run's end. Without it the run goes on by itself.", DefaultValue = true)]
    public Input<bool> WaitForCompletion { get; set; } = null!;

    /// <summary><c>{"workflowInstanceId","status","output","outcomes"}</c></summary>
    [Output(TypeName = "ExecuteWorkflowResult")]
    public Output<object> Result { get; set; } = null!;

    protected override string? StartsRunsOf => ChildRuns.FixedDefinition(WorkflowDefinitionId);

    protected override ValueTask ExecuteAsync(ActivityContext context) => ChildRuns.RunAsync(context, new ChildRequest(ChildRuns.Definition(WorkflowDefinitionId, context))
    {
        Input = ChildRuns.Input(Input.GetJson(context)),
        CorrelationId = ChildRuns.Correlation(CorrelationId, context),
        Waits = WaitForCompletion.Get(context),
    }, Result);
}

/// <summary>Starts a run of another flow's published version, and goes on at once unless it is to wait for its end.</summary>
[Activity("Elsa", "Composition", "Starts a run of another flow.", DisplayName = "Dispatch Workflow",
    Outcomes = [Engine.Activities.Outcomes.Done, Engine.Activities.Outcomes.Failed])]
public sealed class DispatchWorkflow : Activity
{
    [Input(DisplayName = "Workflow Definition", Description = "The flow.", UIHint = "workflow-definition-picker", Required = true)]
    public Input<string> WorkflowDefinitionId { get; set; } = null!;

    [Input(DisplayName = "Correlation ID", Description = "The run's correlation id.", DefaultSyntax = "Scriban")]
    public Input<string?> CorrelationId { get; set; } = null!;

    [Input(Description = "The flow's inputs by their names: an object.", TypeName = "ObjectDictionary", UIHint = "json-editor", EditorLanguage = "json", DefaultSyntax = "Scriban")]
    public Input<object> Input { get; set; } = null!;

    [Input(DisplayName = "Wait for Completion", Description = "Wait for the run's end.")]
    public Input<bool> WaitForCompletion { get; set; } = null!;

    [Input(DisplayName = "Start New Trace", Description = "Of no effect here; kept for flows from Elsa.", Category = "Open Telemetry")]
    public Input<bool> StartNewTrace { get; set; } = null!;

    [Input(DisplayName = "Channel", Description = "Of no effect here, where there is one channel; kept for flows from Elsa.")]
    public Input<string?> ChannelName { get; set; } = null!;

    /// <summary><c>{"workflowInstanceId","status","output","outcomes"}</c></summary>
    [Output]
    public Output<object> Result { get; set; } = null!;

    protected override string? StartsRunsOf => ChildRuns.FixedDefinition(WorkflowDefinitionId);

    protected override ValueTask ExecuteAsync(ActivityContext context) => ChildRuns.RunAsync(context, new ChildRequest(ChildRuns.Definition(WorkflowDefinitionId, context))
    {
        Input = ChildRuns.Input(Input.GetJson(context)),
        CorrelationId = ChildRuns.Correlation(CorrelationId, context),
        Waits = WaitForCompletion.Get(context),
    }, Result);
}
