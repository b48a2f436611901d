using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Primitives;

/// <summary>
/// Waits until an event of that name is published. As a flow's trigger it starts a run for each such event. Of events that are published while
/// nobody waits it sees nothing.
/// </summary>
[Activity("Elsa", "Primitives", "Waits for an event to be published.", Kind = ActivityKind.Trigger)]
public sealed class Event : Activity
{
    /// <summary>Compared exactly, in upper and lower case too.</summary>
    [Input(DisplayName = "Event Name", Description = "The name of the event. As a trigger it has to be plain text, not an expression.", Required = true)]
    public Input<string> EventName { get; set; } = null!;

    /// <summary>The event's payload.</summary>
    [Output]
    public Output<object> Result { get; set; } = null!;

    protected override Bookmark? StartsOn => EventName.TryGetFixed(out var name) && name is { Length: > 0 } ? new Bookmark(BookmarkKind.Event, name) : null;

    protected override IEnumerable<string> ValidateStart() =>
        StartsOn is null ? ["Event Name has to be plain text, not an expression, for the event to start the flow."] : [];

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.IsTrigger)
        {
            context.SetOutput(Result, context.Trigger.Member("body") is { ValueKind: not JsonValueKind.Undefined } body ? body : JsonValues.Null);
        }
        else if (context.Signal is { } received)
        {
            context.SetOutput(Result, received.Payload ?? JsonValues.Null);
        }
        else if (EventName.Get(context) is { Length: > 0 } name)
        {
            context.WaitFor(new Bookmark(BookmarkKind.Event, name));
        }
        else
        {
            throw new ActivityException("InvalidInput", "Event Name is empty.");
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>
/// Wakes everybody who waits for the event and starts the flows that begin with it, in the transaction of its own result: either all of it has
/// happened or nothing. Who begins to wait later is not woken.
/// </summary>
[Activity("Elsa", "Primitives", "Publishes an event.", DisplayName = "Publish Event")]
public sealed class PublishEvent : Activity
{
    [Input(DisplayName = "Event Name", Description = "The name of the event.", Required = true)]
    public Input<string> EventName { get; set; } = null!;

    /// <summary>Only those who wait with this correlation id are woken; without one, all. Flows that the event starts get it.</summary>
    [Input(DisplayName = "Correlation Id", Description = "Only runs with this correlation id see the event. Empty: all do.", DefaultSyntax = "Scriban")]
    public Input<string?> CorrelationId { get; set; } = null!;

    [Input(DisplayName = "Local event", Description = "Only this run sees the event.")]
    public Input<bool> IsLocalEvent { get; set; } = null!;

    [Input(Description = "What the event carries.", DefaultSyntax = "Scriban")]
    public Input<object> Payload { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (EventName.Get(context) is not { Length: > 0 } name)
        {
            throw new ActivityException("InvalidInput", "Event Name is empty.");
        }

        context.Publish(new Signal(BookmarkKind.Event, name)
        {
            CorrelationId = CorrelationId.Get(context) is { Length: > 0 } correlation ? correlation : null,
            RunId = IsLocalEvent.Get(context) ? context.RunId : null,
            Payload = Payload.GetJson(context),
        });
        return ValueTask.CompletedTask;
    }
}
