namespace FlowLite.Engine.Scheduling;

/// <summary>Which times of a schedule are to start a run now.</summary>
internal static class ScheduleTimes
{
    private const int Page = 100;

    /// <summary>The times that are due, oldest first, and up to when all are dealt with once these have started.</summary>
    /// <param name="missedBefore">Times before it passed while the server was stopped, or could not write.</param>
    public static (IReadOnlyList<DateTimeOffset> Start, DateTimeOffset Done) Due(ScheduledTrigger trigger, ScheduleMark mark, DateTimeOffset now, DateTimeOffset missedBefore)
    {
        switch (trigger.Missed)
        {
            case MissedTimes.All:
                var due = new List<DateTimeOffset>();
                for (var time = trigger.Next(mark.Done, mark.Since); time <= now && due.Count < Page; time = trigger.Next(time.Value, mark.Since))
                {
                    due.Add(time.Value);
                }

                return (due, due.Count == 0 ? mark.Done : due[^1]);
            case MissedTimes.Skip when mark.Done < missedBefore:
                // A time is not missed when it is the very moment at which the server began.
                var latest = Latest(trigger, mark with { Done = missedBefore.AddTicks(-1) }, now);
                return (latest is null ? [] : [latest.Value], latest ?? missedBefore.AddTicks(-1));
            default:
                var last = Latest(trigger, mark, now);
                return (last is null ? [] : [last.Value], last ?? mark.Done);
        }
    }

    // Looks back in growing steps: a schedule of each second that was stopped for a year is not counted through.
    private static DateTimeOffset? Latest(ScheduledTrigger trigger, ScheduleMark mark, DateTimeOffset now)
    {
        for (var back = TimeSpan.FromMinutes(1); ; back *= 4)
        {
            var from = now - mark.Done <= back ? mark.Done : now - back;
            var time = trigger.Next(from, mark.Since);
            if (time <= now)
            {
                for (var next = time; next <= now; next = trigger.Next(next.Value, mark.Since))
                {
                    time = next;
                }

                return time;
            }

            if (from == mark.Done)
            {
                return null;
            }
        }
    }
}
