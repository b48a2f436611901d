using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Gates;

/// <summary>
/// What is before one connection: so many calls at once, and none while its CRM is down. A call that can't go through waits here for
/// a moment, then its run waits on disk, without a slot; the gate lets such runs on in the order in which they arrived.
/// </summary>
public sealed class ConnectionGate
{
    /// <summary>How long a call waits with its run's slot.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    /// <summary>The same where others wait on disk already: not so long that it holds the slot for nothing, not so short that a whole backlog goes to disk in a moment.</summary>
    private static readonly TimeSpan PatienceBehindOthers = TimeSpan.FromMilliseconds(250);
    /// <summary>The same for a run that was let on: it has waited before.</summary>
    private static readonly TimeSpan PatienceOfLetOn = TimeSpan.FromSeconds(10);
    /// <summary>How many are let on together when the CRM is back.</summary>
    private const int FirstLetOn = 2;
    /// <summary>A run that was let on and did not come by then is not counted on any more (it was cancelled).</summary>
    private static readonly TimeSpan ComesWithin = TimeSpan.FromSeconds(10);
    /// <summary>The timer of a run that waits: the gate lets it on long before, unless the server forgot it.</summary>
    private static readonly TimeSpan AtTheLatest = TimeSpan.FromMinutes(45);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Func<int> _limit;
    private readonly Circuit _circuit = new();
    private readonly LinkedList<TaskCompletionSource<bool>> _queue = new();
    private readonly Dictionary<Guid, DateTimeOffset> _letOn = [];
    /// <summary>Whoever was the trial of a CRM that is down lets others try the next time.</summary>
    private readonly HashSet<Guid> _failedTrials = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inFlight;
    /// <summary>Calls that were answered since the last outage.</summary>
    private long _answered;
    /// <summary>Runs wait on disk, as far as is known.</summary>
    private bool _hasWaiting;

    /// <param name="name">The gate's, in the journal.</param>
    /// <param name="connection">For messages.</param>
    /// <param name="limit">Calls at once, asked for each time.</param>
    internal ConnectionGate(string name, string connection, Func<int> limit, TimeProvider time)
    {
        Name = name;
        Connection = connection;
        _limit = limit;
        _time = time;
    }

    public string Name { get; }

    public string Connection { get; }

    /// <summary>Runs wait on disk, as far as is known.</summary>
    internal bool HasWaiting
    {
        get
        {
            lock (_lock)
            {
                return _hasWaiting;
            }
        }
    }

    /// <summary>Somebody waits on disk, or the circuit is not closed: the gate has to be looked after.</summary>
    internal event Action<ConnectionGate>? NeedsKeeper;

    /// <returns>To be given back with <see cref="Leave(GatePass, ActivityException?)"/>.</returns>
    /// <exception cref="ActivityException"><c>ConnectionDown</c>, <c>ConnectionBusy</c>: with a wait.</exception>
    internal async ValueTask<GatePass> EnterAsync(Guid runId, CancellationToken cancellationToken)
    {
        var patience = Patience;
        for (var isBack = false; ; isBack = true)
        {
            LinkedListNode<TaskCompletionSource<bool>> turn;
            lock (_lock)
            {
                var wasLetOn = _letOn.Remove(runId);
                if (_circuit.State != CircuitState.Closed)
                {
                    return _circuit.TryEnter(out _) ? Pass(runId, isTrial: true) : throw Down();
                }

                if (_inFlight < _limit() && (_queue.Count == 0 || isBack))
                {
                    return Pass(runId, isTrial: false);
                }

                patience = wasLetOn ? PatienceOfLetOn : _hasWaiting && !isBack ? PatienceBehindOthers : patience;
                turn = _queue.AddLast(new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            try
            {
                if (await turn.Value.Task.WaitAsync(patience, _time, cancellationToken))
                {
                    return new GatePass(runId, IsTrial: false);
                }
            }
            catch (Exception e) when (e is TimeoutException or OperationCanceledException)
            {
                if (GaveUp(turn, e is TimeoutException) is { } granted)
                {
                    return granted;
                }

                throw;
            }
        }

        // Its turn may have come in the last moment.
        GatePass? GaveUp(LinkedListNode<TaskCompletionSource<bool>> turn, bool timedOut)
        {
            lock (_lock)
            {
                if (turn.List is null && turn.Value.Task is { IsCompletedSuccessfully: true, Result: true })
                {
                    if (timedOut)
                    {
                        return new GatePass(runId, IsTrial: false);
                    }

                    _inFlight--;
                    GiveTurns();
                    return null;
                }

                if (turn.List is not null)
                {
                    _queue.Remove(turn);
                }

                return timedOut ? throw (_circuit.State == CircuitState.Closed ? Busy() : Down()) : null;
            }
        }
    }

    /// <summary>The call was answered.</summary>
    /// <param name="failure">Null: with success. If the CRM is down it gets a wait.</param>
    internal void Leave(GatePass pass, ActivityException? failure)
    {
        var needsKeeper = false;
        lock (_lock)
        {
            _inFlight--;
            if (failure is null || !Outage.Is(failure))
            {
                _answered++;
                _circuit.Answered(pass.IsTrial);
                if (pass.IsTrial)
                {
                    _failedTrials.Clear();
                    Changed();
                }
            }
            else
            {
                _circuit.Failed(failure, pass.IsTrial, _inFlight + 1, _time.GetUtcNow(), Random.Shared.NextDouble());
                if (pass.IsTrial)
                {
                    _failedTrials.Add(pass.RunId);
                }

                // Who is told when to come again has a timer of its own for that, unless it is longer than anybody is believed.
                if (_circuit.State != CircuitState.Closed && (failure.RetryAfter is null || failure.RetryAfter > Circuit.LongestRetryAfter))
                {
                    failure.Wait = Wait(attempted: true);
                }

                needsKeeper = _circuit.State != CircuitState.Closed;
                _answered = needsKeeper ? 0 : _answered;
            }

            GiveTurns();
        }

        if (needsKeeper)
        {
            NeedsKeeper?.Invoke(this);
        }
    }

    /// <summary>The call was broken off.</summary>
    internal void Leave(GatePass pass)
    {
        lock (_lock)
        {
            _inFlight--;
            _circuit.BrokenOff(pass.IsTrial);
            GiveTurns();
        }
    }

    /// <summary>The next call may see whether the CRM is back: the connection was changed, or the server has started.</summary>
    internal void TryAgain()
    {
        lock (_lock)
        {
            _circuit.TryAgain();
            GiveTurns();
        }

        NeedsKeeper?.Invoke(this);
    }

    /// <summary>Runs of an earlier life of the server wait: one of them sees how it is.</summary>
    internal void Recover()
    {
        lock (_lock)
        {
            _hasWaiting = true;
        }

        NeedsKeeper?.Invoke(this);
    }

    /// <param name="waiting">Runs that wait on disk.</param>
    internal ConnectionHealth Health(long waiting)
    {
        lock (_lock)
        {
            var outage = _circuit.LastOutage;
            return new ConnectionHealth(
                _circuit.State switch { CircuitState.Closed => "up", CircuitState.Open => "down", _ => "trying" },
                _circuit.OpenSince, _circuit.State == CircuitState.Open ? _circuit.ProbeAt : null,
                outage is { } last ? new ConnectionOutage(last.Code, last.Message, last.At) : null, _inFlight, _limit(), waiting);
        }
    }

    /// <summary>What the gate's keeper does next.</summary>
    internal GateTask Next()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            foreach (var (run, at) in _letOn)
            {
                if (now - at > ComesWithin)
                {
                    _letOn.Remove(run);
                }
            }

            if (_circuit.State == CircuitState.Open)
            {
                if (now < _circuit.ProbeAt)
                {
                    return new GateTask(_changed.Task, _circuit.ProbeAt - now);
                }

                if (!_circuit.IsThrottled)
                {
                    return new GateTask(_changed.Task, TimeSpan.Zero) { Probes = true };
                }

                _circuit.TryAgain();
            }

            // Twice as many as may call, so that there is always a next one. After an outage few at first, with each answer one more: of those
            // that are let on together any may come first, and a CRM that is just back should not meet all of them at once.
            var room = _circuit.State == CircuitState.HalfOpen
                ? (_circuit.HasTrial ? 0 : 1 - _letOn.Count)
                : (int)Math.Min(2 * _limit(), FirstLetOn + _answered) - _inFlight - _queue.Count - _letOn.Count;
            return new GateTask(_changed.Task, TimeSpan.FromSeconds(1))
            {
                LetsOn = Math.Max(0, room),
                Except = [.. _letOn.Keys, .. _circuit.State == CircuitState.HalfOpen ? _failedTrials : []],
            };
        }
    }

    /// <returns>False: nothing needs a keeper any more.</returns>
    internal bool LetOn(IReadOnlyList<Guid> runs, int asked)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            foreach (var run in runs)
            {
                _letOn[run] = now;
            }

            if (asked > 0 && runs.Count == 0)
            {
                _failedTrials.Clear();
            }

            _hasWaiting = asked == 0 ? _hasWaiting : runs.Count == asked;
            return _hasWaiting || _letOn.Count > 0 || _circuit.State != CircuitState.Closed;
        }
    }

    /// <summary>The CRM was asked whether it is there.</summary>
    /// <param name="failure">Null: it is.</param>
    internal void Probed(ActivityException? failure)
    {
        lock (_lock)
        {
            if (failure is not null && Outage.Is(failure))
            {
                _circuit.ProbeFailed(failure, _time.GetUtcNow(), Random.Shared.NextDouble());
            }
            else
            {
                _circuit.ProbeAnswered();
            }
        }
    }

    private GatePass Pass(Guid runId, bool isTrial)
    {
        _inFlight++;
        return new GatePass(runId, isTrial);
    }

    private void GiveTurns()
    {
        while (_queue.First is { } next && (_circuit.State != CircuitState.Closed || _inFlight < _limit()))
        {
            _queue.RemoveFirst();
            var goes = _circuit.State == CircuitState.Closed;
            _inFlight += goes ? 1 : 0;
            // Else it looks again, and is told that the CRM is down.
            next.Value.SetResult(goes);
        }

        if (_hasWaiting)
        {
            Changed();
        }
    }

    private void Changed()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private ActivityException Down() => new(
        "ConnectionDown",
        $"The CRM of connection '{Connection}' is down{(_circuit.LastOutage is { } last ? $": {last.Message}" : ".")} The run goes on by itself when it is back.")
    {
        Retryable = true,
        Wait = Wait(attempted: false),
    };

    private ActivityException Busy() => new("ConnectionBusy", $"{_limit()} calls of connection '{Connection}' are under way, which is its limit. The run goes on when its turn comes.")
    {
        Wait = Wait(attempted: false),
    };

    private GateWait Wait(bool attempted)
    {
        _hasWaiting = true;
        // Others may be told at the same time: their timers are apart.
        ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.NeedsKeeper?.Invoke(gate), this, preferLocal: false);
        return new GateWait(Name, _time.GetUtcNow() + (AtTheLatest * (0.67 + (0.66 * Random.Shared.NextDouble()))), attempted);
    }
}

/// <summary>The right to call.</summary>
/// <param name="IsTrial">It is the call that sees whether the CRM is back.</param>
internal readonly record struct GatePass(Guid RunId, bool IsTrial);

/// <param name="Changed">Completes when there may be more to do before the time.</param>
internal sealed record GateTask(Task Changed, TimeSpan Sleep)
{
    /// <summary>The CRM is to be asked whether it is there.</summary>
    public bool Probes { get; init; }
    /// <summary>How many runs may be let on.</summary>
    public int LetsOn { get; init; }
    public HashSet<Guid> Except { get; init; } = [];
}

/// <summary>How a connection does.</summary>
/// <param name="State"><c>up</c>, <c>down</c>, or <c>trying</c>: one call sees whether it is back.</param>
/// <param name="InFlight">Calls under way.</param>
/// <param name="Limit">How many there may be.</param>
/// <param name="Waiting">Runs that wait for it on disk.</param>
public sealed record ConnectionHealth(string State, DateTimeOffset? DownSince, DateTimeOffset? NextProbe, ConnectionOutage? LastOutage, int InFlight, int Limit, long Waiting);

/// <summary>What the CRM, or what is before it, said last when it was down.</summary>
public sealed record ConnectionOutage(string Code, string Message, DateTimeOffset At);
