using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Scheduling;

/// <summary>Waits with a durable timer: no thread, and over restarts.</summary>
[Activity("Elsa", "Scheduling", "Waits for some time, over restarts of the server too.")]
public sealed class Delay : Activity
{
    /// <summary>ISO 8601 (PT5S) or hh:mm:ss. Zero or less: no wait.</summary>
    [Input(Description = "How long: 00:05:00 and PT5M are five minutes.", DefaultValue = "00:01:00", Required = true)]
    public Input<TimeSpan> TimeSpan { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.Resumed)
        {
            return ValueTask.CompletedTask;
        }

        if (TimeSpan.GetJson(context) is null or { ValueKind: JsonValueKind.Null })
        {
            throw new ActivityException("InvalidInput", "Time Span is empty; it has to be a duration such as PT5S or 00:00:05.");
        }

        var wait = TimeSpan.Get(context);
        var now = context.Time.GetUtcNow();
        if (wait > DateTimeOffset.MaxValue - now)
        {
            throw new ActivityException("InvalidInput", $"Time Span {wait} ends after the year 9999.");
        }

        if (wait > System.TimeSpan.Zero)
        {
            context.SuspendUntil(now + wait);
        }

        return ValueTask.CompletedTask;
    }
}
