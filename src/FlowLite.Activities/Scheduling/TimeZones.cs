namespace FlowLite.Activities.Scheduling;

/// <summary>Time zones by their IANA names, as the machine knows them.</summary>
internal static class TimeZones
{
    public static string Name(string? zone) => string.IsNullOrWhiteSpace(zone) ? "UTC" : zone.Trim();

    /// <summary>UTC where none is named; null: there is none of that name.</summary>
    public static TimeZoneInfo? Find(string? zone) =>
        string.IsNullOrWhiteSpace(zone) ? TimeZoneInfo.Utc : TimeZoneInfo.TryFindSystemTimeZoneById(zone.Trim(), out var found) ? found : null;

    public static string Unknown(string zone) =>
        $"This machine knows no time zone '{zone}'. It takes names such as Europe/Berlin; where it knows none at all, its package tzdata is missing.";

    /// <summary>
    /// A time on a zone's clock. One that the clock leaves out is the first one after it; of one that comes twice it is the first, as with cron
    /// expressions.
    /// </summary>
    public static DateTimeOffset At(DateTime local, TimeZoneInfo zone)
    {
        if (zone.IsInvalidTime(local))
        {
            local = local.AddTicks(-(local.Ticks % TimeSpan.TicksPerMinute));
            while (zone.IsInvalidTime(local))
            {
                local = local.AddMinutes(1);
            }
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
