using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Gates;

public enum CircuitState
{
    /// <summary>Calls go through.</summary>
    Closed,

    /// <summary>The CRM is down: none does.</summary>
    Open,

    /// <summary>It seems to be back: one call at a time goes through to see.</summary>
    HalfOpen,
}

/// <summary>
/// Whether a connection's CRM can be called, as its last calls say. Opens after several outages in a row, or when the CRM asks to be
/// left alone; is tried at growing intervals. Guarded by its gate's lock.
/// </summary>
internal sealed class Circuit
{
    /// <summary>Outages in a row after which nobody calls any more.</summary>
    public const int OpensAfter = 5;
    /// <summary>Trials in a row that may fail before it is left alone again: a CRM that loses every third call is not one that is down.</summary>
    public const int TrialsInARow = 3;
    private static readonly TimeSpan FirstProbe = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMinutes(1);
    /// <summary>Obeyed up to here; then one call asks whether it still holds.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(15);

    private int _outages;
    private int _opensAt;
    private int _failedProbes;
    private bool _trial;

    /// <summary>A call of a half-open circuit is under way; there is one at a time.</summary>
    public bool HasTrial => _trial;

    public CircuitState State { get; private set; }
    public DateTimeOffset? OpenSince { get; private set; }
    public DateTimeOffset ProbeAt { get; private set; }
    /// <summary>The last outage; stays when it is over.</summary>
    public (string Code, string Message, DateTimeOffset At)? LastOutage { get; private set; }
    /// <summary>It asked to be left alone; being asked before would only prolong that.</summary>
    public bool IsThrottled { get; private set; }

    /// <summary>One call, which is the trial when the circuit is half open. False: it is not let through.</summary>
    public bool TryEnter(out bool isTrial)
    {
        isTrial = State == CircuitState.HalfOpen && !_trial;
        _trial |= isTrial;
        return isTrial || State == CircuitState.Closed;
    }

    /// <summary>A call was answered, whatever the answer.</summary>
    public void Answered(bool isTrial)
    {
        _outages = State == CircuitState.Closed ? 0 : _outages;
        if (isTrial)
        {
            Close();
        }
    }

    /// <summary>A call was broken off by the server's own stop.</summary>
    public void BrokenOff(bool isTrial) => _trial &= !isTrial;

    /// <param name="underWay">Calls under way, this one included.</param>
    public void Failed(ActivityException outage, bool isTrial, int underWay, DateTimeOffset now, double random)
    {
        LastOutage = (outage.Code, outage.Message, now);
        _trial &= !isTrial;
        if (!isTrial && State != CircuitState.Closed)
        {
            return;
        }

        if (_outages++ == 0)
        {
            // Calls that began together end together, and those that fail are often the first: one of the others may yet be answered.
            _opensAt = isTrial ? TrialsInARow : Math.Max(OpensAfter, underWay);
        }

        if (_outages >= _opensAt || outage.RetryAfter is not null)
        {
            Open(now, outage.RetryAfter, random);
        }
    }

    /// <summary>Asked whether it is there, the CRM gave no answer.</summary>
    public void ProbeFailed(ActivityException outage, DateTimeOffset now, double random)
    {
        LastOutage = (outage.Code, outage.Message, now);
        Open(now, outage.RetryAfter, random);
    }

    /// <summary>Asked whether it is there, the CRM gave an answer: the way is not cut, and if the trials fail all the same it is asked again within seconds.</summary>
    public void ProbeAnswered()
    {
        _failedProbes = Math.Min(_failedProbes, 3);
        TryAgain();
    }

    /// <summary>The next call may see whether it is back.</summary>
    public void TryAgain()
    {
        if (State == CircuitState.Open)
        {
            State = CircuitState.HalfOpen;
            _outages = 0;
            _trial = false;
        }
    }

    private void Open(DateTimeOffset now, TimeSpan? retryAfter, double random)
    {
        OpenSince ??= now;
        State = CircuitState.Open;
        IsThrottled = retryAfter is not null;
        var wait = FirstProbe * Math.Pow(2, Math.Min(_failedProbes++, 10));
        wait = wait > LongestProbe ? LongestProbe : wait;
        // Not all that depend on one CRM ask at the same moment.
        wait *= 0.8 + (0.4 * random);
        if (retryAfter is { } asked)
        {
            wait = asked > LongestRetryAfter ? LongestRetryAfter : asked;
        }

        ProbeAt = now + wait;
    }

    private void Close()
    {
        State = CircuitState.Closed;
        OpenSince = null;
        IsThrottled = _trial = false;
        _outages = _failedProbes = 0;
    }
}
