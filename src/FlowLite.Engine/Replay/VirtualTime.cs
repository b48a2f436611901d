namespace FlowLite.Engine.Replay;

/// <summary>A clock that stands still until it is moved: a week of retries replays in a moment.</summary>
public sealed class VirtualTime(DateTimeOffset now) : TimeProvider
{
    private long _ticks = now.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    /// <summary>Never backwards.</summary>
    public void AdvanceTo(DateTimeOffset time)
    {
        if (time.UtcTicks > Interlocked.Read(ref _ticks))
        {
            Interlocked.Exchange(ref _ticks, time.UtcTicks);
        }
    }
}
