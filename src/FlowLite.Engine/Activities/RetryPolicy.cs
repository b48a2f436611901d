namespace FlowLite.Engine.Activities;

/// <summary>When a failed attempt is repeated (Flow's retry policy, as in Logic Apps' exception handling page).</summary>
/// <param name="Kind">none, fixed or exponential.</param>
/// <param name="Count">Attempts after the first one; null: until <see cref="GiveUpAfter"/>.</param>
public sealed record RetryPolicy(RetryKind Kind, TimeSpan Interval, TimeSpan Minimum, TimeSpan Maximum, int? Count, TimeSpan? GiveUpAfter = null)
{
    public static readonly RetryPolicy None = new(RetryKind.None, default, default, default, 0);

    /// <summary>Connectors: from 7 seconds to an hour, for 7 days; a lead must outlive a CRM's long weekend.</summary>
    public static readonly RetryPolicy ConnectorDefault = new(
        RetryKind.Exponential, TimeSpan.FromSeconds(7), TimeSpan.Zero, TimeSpan.FromHours(1), Count: null, TimeSpan.FromDays(7));

    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>
    /// When to try again after failed attempt number <paramref name="attempt"/> (from 1); null: not again.
    /// Exponential: a uniform random time between half of the doubled interval and the doubled interval, within the bounds.
    /// </summary>
    public DateTimeOffset? Next(int attempt, DateTimeOffset firstStarted, DateTimeOffset now, TimeSpan? retryAfter, Func<double> random)
    {
        if (Kind == RetryKind.None || attempt > (Count ?? int.MaxValue) || (GiveUpAfter is { } limit && now - firstStarted >= limit))
        {
            return null;
        }

        var wait = Kind == RetryKind.Fixed ? Interval : Exponential(attempt, random());
        // What the other side asks for is obeyed as far as there is a calendar for it.
        return now + (retryAfter > wait ? retryAfter < Longest ? retryAfter.Value : Longest : wait);
    }

    private TimeSpan Exponential(int attempt, double random)
    {
        var upper = Seconds(attempt - 1);
        var low = attempt == 1 ? Minimum.TotalSeconds : Math.Max(Seconds(attempt - 2), Minimum.TotalSeconds);
        var high = Math.Max(Math.Min(upper, Maximum.TotalSeconds), Minimum.TotalSeconds);
        low = Math.Min(low, high);
        return TimeSpan.FromSeconds(low + ((high - low) * random));

        double Seconds(int power) => Interval.TotalSeconds * Math.Pow(2, Math.Min(power, 60));
    }
}

public enum RetryKind
{
    None,
    Fixed,
    Exponential,
}
