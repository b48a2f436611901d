using System.Text.Json;
using FlowLite.Activities.ControlFlow;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Composition;

/// <summary>
/// Starts a run of another flow for each item, all in one transaction, and waits for all of them unless told not to. What stands at the ports runs
/// once for each run that ends, one after the other, and sees the run's result as <c>item</c>.
/// </summary>
[Activity("Elsa", "Composition", "Starts a run of another flow for each item of a list.", DisplayName = "Bulk Dispatch Workflows", Kind = ActivityKind.Task,
    Outcomes = ["Completed", "Canceled", Engine.Activities.Outcomes.Done])]
[Port(ChildCompletedPort, DisplayName = ChildCompletedPort)]
[Port(ChildFaultedPort, DisplayName = ChildFaultedPort)]
public sealed class BulkDispatchWorkflows : Container
{
    private const string ChildCompletedPort = "ChildCompleted";
    private const string ChildFaultedPort = "ChildFaulted";
    private const string DefaultKey = "Item";
    private const int MostItems = 10_000;
    private static readonly IReadOnlyList<string> OfPorts = ["ChildInstanceId"];
    private static readonly IReadOnlyList<string> AllDone = ["Completed", Outcomes.Done];

    [Input(DisplayName = "Workflow Definition", Description = "The flow.", UIHint = "workflow-definition-picker", Required = true)]
    public Input<string> WorkflowDefinitionId { get; set; } = null!;

    [Input(Description = "The list: a run for each of its items.", DefaultSyntax = "Scriban")]
    public Input<object> Items { get; set; } = null!;

    [Input(DisplayName = "Default Item Input Key", Description = "The input that an item is given to. An item that is an object is the inputs itself.", DefaultValue = DefaultKey)]
    public Input<string> DefaultItemInputKey { get; set; } = null!;

    [Input(DisplayName = "Correlation ID Function", Description = "The correlation id of an item's run; sees the item as item.", DefaultSyntax = "Scriban")]
    public Deferred<string> CorrelationIdFunction { get; set; } = null!;

    [Input(Description = "Inputs that all of the runs get: an object.", TypeName = "ObjectDictionary", UIHint = "json-editor", EditorLanguage = "json", DefaultSyntax = "Scriban")]
    public Input<object> Input { get; set; } = null!;

    [Input(DisplayName = "Wait for Completion", Description = "Wait for the end of all of the runs.", DefaultValue = true)]
    public Input<bool> WaitForCompletion { get; set; } = null!;

    [Input(DisplayName = "Start New Trace", Description = "Of no effect here; kept for flows from Elsa.", Category = "Open Telemetry")]
    public Input<bool> StartNewTrace { get; set; } = null!;

    [Input(DisplayName = "Channel", Description = "Of no effect here, where there is one channel; kept for flows from Elsa.")]
    public Input<string?> ChannelName { get; set; } = null!;

    public override IReadOnlyList<string> BodyVariables => OfPorts;

    /// <summary>Which run has ended.</summary>
    public override JsonElement BodyVariable(string name, ActivityInstance instance, int index) => JsonValues.String(instance.Signal!.Key);

    protected override string? StartsRunsOf => ChildRuns.FixedDefinition(WorkflowDefinitionId);

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (!context.Resumed)
        {
            return StartAsync(context);
        }

        if (context.Signal is { } signal)
        {
            var end = ChildEnd.From(signal);
            var port = end.Status == RunStatus.Succeeded ? ChildCompletedPort : ChildFaultedPort;
            if (context.Node.Ports.ContainsKey(port))
            {
                context.Enter(port, JsonElement.Parse($"[{ChildRuns.Result(end).GetRawText()}]"));
                return ValueTask.CompletedTask;
            }
        }

        if (context.BookmarksLeft > 0)
        {
            context.WaitForMore();
        }
        else
        {
            context.Complete(AllDone);
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask StartAsync(ActivityContext context)
    {
        var definition = ChildRuns.Definition(WorkflowDefinitionId, context);
        var common = ChildRuns.Input(Input.GetJson(context));
        var key = DefaultItemInputKey.Get(context) is { Length: > 0 } given ? given : DefaultKey;
        var waits = WaitForCompletion.Get(context);
        var items = ItemList.From(Items.GetJson(context)) is { } list ? list.EnumerateArray().ToList() : [];
        if (items.Count > MostItems)
        {
            throw new ActivityException("InvalidInput", $"There are {items.Count} items; one activity starts {MostItems} runs at most.");
        }

        // Before anything is awaited: expressions see the run as it is now.
        var requests = items.Select((item, index) => new ChildRequest(definition, index)
        {
            Input = InputOf(item, key, common),
            CorrelationId = CorrelationIdFunction.IsSet ? InputValues.Text(context.Evaluate(CorrelationIdFunction, item)) is { Length: > 0 } id ? id : null : null,
            Waits = waits,
        }).ToList();
        var bookmarks = new List<Bookmark>();
        foreach (var request in requests)
        {
            bookmarks.Add(new Bookmark(BookmarkKind.Child, (await context.StartRunAsync(request)).ToString()));
        }

        if (waits && bookmarks.Count > 0)
        {
            context.WaitFor(bookmarks);
        }
        else if (waits)
        {
            context.Complete(AllDone);
        }
    }

    private static JsonElement InputOf(JsonElement item, string key, JsonElement? common) => JsonValues.Object(writer =>
    {
        var own = item.ValueKind == JsonValueKind.Object;
        foreach (var member in common?.EnumerateObject() ?? default)
        {
            if (own ? !item.TryGetProperty(member.Name, out _) : member.Name != key)
            {
                member.WriteTo(writer);
            }
        }

        if (!own)
        {
            writer.WritePropertyName(key);
            item.WriteTo(writer);
            return;
        }

        foreach (var member in item.EnumerateObject())
        {
            member.WriteTo(writer);
        }
    });

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        var body = node.Ports[instance.Port!];
        // Named after the run that ended: which one ends first is open.
        scheduler.Schedule(instance, body, InstanceIds.Child(instance.Id, $"{instance.Port}/{instance.Signal!.Key}", body.Id), 0);
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        scheduler.Resume(instance);
}
