using Cronos;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Scheduling;

namespace FlowLite.Activities.Scheduling;

/// <summary>
/// Starts a run at each time of a cron expression, as Cronos reads it: with seconds (six fields), as Elsa has it, or without (five). At a
/// change of the clocks: a time that doesn't exist that day is the first one that does; a time that comes twice starts a run the first time,
/// unless the expression has an interval there (<c>*</c>, <c>*/15</c>), which goes on through both hours.
/// </summary>
[Activity("Elsa", "Scheduling", "Starts the flow at the times of a cron expression; in the middle of a flow, waits for the next one.", Kind = ActivityKind.Trigger)]
public sealed class Cron : ScheduledTrigger
{
    [Input(DisplayName = "Cron Expression", Description = "Second, minute, hour, day, month, weekday: 0 0 8 * * MON-FRI is each working day at 8:00. The seconds may be left out.", Required = true)]
    public Input<string> CronExpression { get; set; } = null!;

    [Input(DisplayName = "Time zone", Description = "Whose clock it goes by, such as Europe/Berlin. Without one it is UTC.")]
    public string? TimeZone { get; set; }

    public override string Schedule => $"cron {Fixed} {TimeZones.Name(TimeZone)}";

    protected override DateTimeOffset? Next(DateTimeOffset after, DateTimeOffset since) =>
        Parse(Fixed, out _)?.GetNextOccurrence(after.ToUniversalTime(), TimeZones.Find(TimeZone) ?? TimeZoneInfo.Utc)?.ToUniversalTime();

    protected override IEnumerable<string> Validate()
    {
        if (TimeZones.Find(TimeZone) is null)
        {
            yield return TimeZones.Unknown(TimeZone!);
        }

        if (CronExpression.IsSet && CronExpression.TryGetFixed(out var expression) && expression is not null && Parse(expression, out var error) is null)
        {
            yield return error!;
        }
    }

    protected override IEnumerable<string> ValidateSchedule()
    {
        if (!CronExpression.TryGetFixed(out _))
        {
            yield return "The cron expression of a trigger that starts the flow is fixed when the flow is published; it can't be another expression.";
        }
    }

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.Resumed || context.StartsRun)
        {
            return ValueTask.CompletedTask;
        }

        var text = CronExpression.Get(context) ?? "";
        if (Parse(text, out var error) is not { } cron)
        {
            throw new ActivityException("InvalidInput", error!);
        }

        var next = cron.GetNextOccurrence(context.Time.GetUtcNow(), TimeZones.Find(TimeZone) ?? TimeZoneInfo.Utc)
            ?? throw new ActivityException("InvalidInput", $"'{text}' has no next time.");
        context.SuspendUntil(next.ToUniversalTime());
        return ValueTask.CompletedTask;
    }

    private string Fixed => CronExpression.TryGetFixed(out var expression) ? expression ?? "" : "";

    private static Cronos.CronExpression? Parse(string text, out string? error)
    {
        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        try
        {
            error = null;
            return Cronos.CronExpression.Parse(text, fields == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard);
        }
        catch (CronFormatException e)
        {
            error = $"'{text}' is no cron expression: {e.Message} It has five fields (minute, hour, day, month, weekday), or six with the seconds before them.";
            return null;
        }
    }
}
