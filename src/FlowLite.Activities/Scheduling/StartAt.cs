using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Scheduling;

/// <summary>Waits with a durable timer until a point in time; one that has passed is no wait.</summary>
[Activity("Elsa", "Scheduling", "Trigger execution at a specific time in the future.", DisplayName = "Start at", Kind = ActivityKind.Trigger)]
public sealed class StartAt : Activity
{
    [Input(DisplayName = "Date Time", Required = true)]
    public Input<DateTimeOffset?> DateTime { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (DateTime.Get(context) is not { } due)
        {
            throw new ActivityException("InvalidInput", "Date Time is empty.");
        }

        if (!context.Resumed && due > context.Time.GetUtcNow())
        {
            context.SuspendUntil(due.ToUniversalTime());
        }

        return ValueTask.CompletedTask;
    }
}
