using FlowLite.Engine.Activities;
using FlowLite.Engine.Scheduling;

namespace FlowLite.Activities.Scheduling;

/// <summary>
/// Starts a run at each interval, counted from when the flow was published with it; publishing again with the same interval doesn't begin anew.
/// In the middle of a flow it waits for one interval.
/// </summary>
[Activity("Elsa", "Scheduling", "Starts the flow at intervals; in the middle of a flow, waits for one.", Kind = ActivityKind.Trigger)]
public sealed class Timer : ScheduledTrigger
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>ISO 8601 (PT5M) or hh:mm:ss.</summary>
    [Input(Description = "How often: 00:05:00 and PT5M are every five minutes.", DefaultValue = "00:01:00")]
    public Input<TimeSpan> Interval { get; set; } = null!;

    public override string Schedule => $"every {Fixed}";

    protected override DateTimeOffset? Next(DateTimeOffset after, DateTimeOffset since)
    {
        var steps = Math.Max((after - since).Ticks / Fixed.Ticks, 0) + 1;
        return steps > (DateTimeOffset.MaxValue - since).Ticks / Fixed.Ticks ? null : since + (Fixed * steps);
    }

    protected override IEnumerable<string> ValidateSchedule()
    {
        if (!Interval.TryGetFixed(out _))
        {
            yield return "The interval of a timer that starts the flow is fixed when the flow is published; it can't be an expression.";
        }
        else if (Fixed < Shortest)
        {
            yield return "The interval of a timer that starts the flow is at least one second.";
        }
    }

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (!context.Resumed && !context.StartsRun)
        {
            var wait = Interval.IsSet ? Interval.Get(context) : DefaultInterval;
            if (wait > DateTimeOffset.MaxValue - context.Time.GetUtcNow())
            {
                throw new ActivityException("InvalidInput", $"Interval {wait} ends after the year 9999.");
            }

            if (wait > TimeSpan.Zero)
            {
                context.SuspendUntil(context.Time.GetUtcNow() + wait);
            }
        }

        return ValueTask.CompletedTask;
    }

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(1);

    private TimeSpan Fixed => Interval.IsSet && Interval.TryGetFixed(out var interval) ? interval : DefaultInterval;
}
