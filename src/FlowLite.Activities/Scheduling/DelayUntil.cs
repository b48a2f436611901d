using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Scheduling;

/// <summary>Waits for a point in time with a durable timer: no thread, and over restarts. One that is past does not wait.</summary>
[Activity("FlowLite", "Scheduling", "Wait until a point in time.", DisplayName = "Delay until")]
public sealed class DelayUntil : Activity
{
    /// <summary>ISO 8601; without an offset it is UTC.</summary>
    [Input(Description = "The date and time, such as 2026-12-24T18:00:00Z.", DefaultSyntax = "Scriban", Required = true)]
    public Input<DateTimeOffset?> Timestamp { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.Resumed)
        {
            return ValueTask.CompletedTask;
        }

        var until = Timestamp.Get(context) ?? throw new ActivityException("InvalidInput", "Timestamp is empty; it has to be a date and time such as 2026-12-24T18:00:00Z.");
        if (until > context.Time.GetUtcNow())
        {
            context.SuspendUntil(until.ToUniversalTime());
        }

        return ValueTask.CompletedTask;
    }
}
