using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Scheduling;

namespace FlowLite.Activities.Scheduling;

/// <summary>Starts a run at a point in time; in the middle of a flow, waits for it with a durable timer. One that has passed starts nothing, and is no wait.</summary>
[Activity("Elsa", "Scheduling", "Starts the flow at a point in time; in the middle of a flow, waits for it.", DisplayName = "Start at", Kind = ActivityKind.Trigger)]
public sealed partial class StartAt : ScheduledTrigger
{
    [Input(DisplayName = "Date Time", Description = "ISO 8601, such as 2026-12-24T18:00:00Z; without an offset it is of the time zone.", DefaultSyntax = "Scriban", Required = true)]
    public Input<DateTimeOffset?> DateTime { get; set; } = null!;

    [Input(DisplayName = "Time zone", Description = "Whose clock it is, such as Europe/Berlin, where the date and time have no offset. Without one it is UTC.")]
    public string? TimeZone { get; set; }

    public override string Schedule => $"at {Fixed:O}";

    protected override DateTimeOffset? Next(DateTimeOffset after, DateTimeOffset since) => Fixed > after ? Fixed : null;

    protected override IEnumerable<string> Validate()
    {
        if (TimeZones.Find(TimeZone) is null)
        {
            yield return TimeZones.Unknown(TimeZone!);
        }
    }

    protected override IEnumerable<string> ValidateSchedule()
    {
        if (!DateTime.TryGetFixed(out _))
        {
            yield return "The time that starts the flow is fixed when the flow is published; it can't be an expression.";
        }
    }

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.StartsRun)
        {
            return ValueTask.CompletedTask;
        }

        if (DateTime.Get(context) is not { } due)
        {
            throw new ActivityException("InvalidInput", "Date Time is empty.");
        }

        due = Local(due, DateTime.GetJson(context));
        if (!context.Resumed && due > context.Time.GetUtcNow())
        {
            context.SuspendUntil(due);
        }

        return ValueTask.CompletedTask;
    }

    private DateTimeOffset? Fixed => DateTime.TryGetFixed(out var time) && time is { } at ? Local(at, DateTime.GetFixedJson()) : null;

    // What has no offset was read as UTC.
    private DateTimeOffset Local(DateTimeOffset time, JsonElement? json) =>
        json is { ValueKind: JsonValueKind.String } text && !Offset().IsMatch(text.GetString()!)
            ? TimeZones.At(time.UtcDateTime.ToLocalKind(), TimeZones.Find(TimeZone) ?? TimeZoneInfo.Utc)
            : time.ToUniversalTime();

    [GeneratedRegex(@"(?:[Zz]|GMT|:\d\d(?:\.\d+)?\s*[+-]\d{1,2}(?::?\d\d)?)\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Offset();
}

file static class Kinds
{
    public static DateTime ToLocalKind(this DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Unspecified);
}
