namespace FlowLite.Engine.Runs;

/// <summary>
/// Whether leads come in so fast that runs should stand back: the sender does not send again, the runs are on disk.
/// In a rush, runs keep a share that grows with what comes in. Guarded by the dispatcher's lock.
/// </summary>
internal sealed class IntakeRush(TimeProvider time)
{
    /// <summary>So many accepted runs let one more start: the share that runs keep.</summary>
    private const int AcceptedPerStart = 16;
    private const int LargestCredit = AcceptedPerStart * 64;
    /// <summary>So many accepted runs in a window are a rush: 2,000 a second.</summary>
    private const int AcceptedInRush = 40;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    /// <summary>How long after the last accepted run a rush is over at the latest.</summary>
    public static readonly TimeSpan Ends = 2 * Window;

    private long _windowStart = time.GetTimestamp();
    private int _accepted;
    private int _credit;
    private bool _isRush;

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
        _credit = Math.Min(_credit + 1, LargestCredit);
    }

    public bool MayStart() => _credit >= AcceptedPerStart || !_isRush || time.GetElapsedTime(_windowStart) >= Ends;

    public void Started() => _credit = Math.Max(0, _credit - AcceptedPerStart);
}
