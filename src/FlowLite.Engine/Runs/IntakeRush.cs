namespace FlowLite.Engine.Runs;

/// <summary>
/// Whether leads come in so fast that runs should stand back: the sender does not send again, the runs are on disk.
/// In a rush so many runs a second start at most, and may. Guarded by the dispatcher's lock.
/// </summary>
internal sealed class IntakeRush(TimeProvider time)
{
    /// <summary>The share that runs keep, however fast leads come in.</summary>
    private const int StartsPerSecond = 1_000;
    /// <summary>
    /// They start so many at a time: one by one, each commit of the journal would carry the end of a run or two beside its new ones, and
    /// would write the pages of both.
    /// </summary>
    private const int Burst = 64;
    /// <summary>So many accepted runs in a window are a rush: 2,000 a second.</summary>
    private const int AcceptedInRush = 40;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    /// <summary>How long after the last accepted run a rush is over at the latest.</summary>
    public static readonly TimeSpan Ends = 2 * Window;

    private long _windowStart = time.GetTimestamp();
    private long _creditFrom = time.GetTimestamp();
    private int _accepted;
    private double _credit = Burst;
    private bool _isRush, _isBurst;

    public void Accepted()
    {
        var elapsed = time.GetElapsedTime(_windowStart);
        if (elapsed >= Window)
        {
            _isRush = _accepted >= AcceptedInRush && elapsed < Ends;
            _windowStart = time.GetTimestamp();
            _accepted = 0;
        }

        _accepted++;
    }

    public bool MayStart()
    {
        if (!_isRush || time.GetElapsedTime(_windowStart) >= Ends)
        {
            return true;
        }

        return _isBurst = Credit() >= (_isBurst ? 1 : Burst);
    }

    public void Started() => _credit = Math.Max(0, Credit() - 1);

    private double Credit()
    {
        var now = time.GetTimestamp();
        _credit = Math.Min(Burst, _credit + (time.GetElapsedTime(_creditFrom, now).TotalSeconds * StartsPerSecond));
        _creditFrom = now;
        return _credit;
    }
}
