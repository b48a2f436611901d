using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;

namespace FlowLite.Engine.Runs;

/// <summary>
/// A run under way: the executor. Holds the run's lock, executes what the decider made ready, journals what came of it.
/// Activities without effects run in line; effects run side by side, each result comes back under the lock.
/// It ends when the run does, or when the run only waits; then it holds nothing any more.
/// </summary>
internal sealed partial class RunExecution
{
    /// <summary>Events in one append at most, so that a long loop doesn't hold its journal in memory.</summary>
    private const int AppendAt = 200;

    private readonly Lock _lock = new();
    private readonly CompiledWorkflow _workflow;
    private readonly RunState _state;
    private readonly RunScope _scope;
    private readonly EngineServices _services;
    /// <summary>What is to be durable before anything is executed.</summary>
    private readonly RunEvent? _first;
    private readonly CancellationToken _stopping;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RunTail _tail;
    private readonly RunMailbox _mailbox;
    /// <summary>Who sent it a signal has marked it as running on disk.</summary>
    private bool _isMarked;
    private int _inFlight;
    private bool _driving, _closing, _closed;

    /// <param name="mail">What is in its mailbox.</param>
    public RunExecution(CompiledWorkflow workflow, RunState state, EngineServices services, RunEvent? first, IReadOnlyList<StoredSignal> mail, CancellationToken stopping)
    {
        _tail = new RunTail(state, services);
        _mailbox = RunMailbox.With(mail);
        _isMarked = mail.Count > 0;
        _first = first;
        _workflow = workflow;
        _state = state;
        _services = services;
        _stopping = stopping;
        _scope = new RunScope(workflow, state, services.Secure);
        _isCalled = MayBeCalled(state, services.Responses);
    }

    /// <summary>
    /// Completes when everything is durable and nothing is left to do now.
    /// Fails with what kept the journal from being written; the run is then to be loaded again.
    /// </summary>
    public Task Ended => _ended.Task;

    /// <summary>Room for a large run; whoever has loaded it gives it back.</summary>
    public MemoryLease? Memory { get; init; }

    public async Task StartAsync()
    {
        lock (_lock)
        {
            if (_first is not null && !_state.IsOver)
            {
                Apply(_first);
                Append();
            }
        }

        await _tail.Appended;

        lock (_lock)
        {
            Guarded(FireDueTimersAndDrive);
        }
    }

    private void FireDueTimersAndDrive()
    {
        var now = _services.Time.GetUtcNow();
        foreach (var fired in DueTimers.Fire(_workflow, _state, now, _services.Gates.TakePass(_state.RunId)))
        {
            Apply(fired);
            _tail.IsUnrepeatable = true;
        }

        Drive();
    }

    /// <summary>Under the lock: executes all that is ready. Results that come at once are taken up by the loop, not by the stack.</summary>
    private void Drive()
    {
        if (_driving || _closed)
        {
            return;
        }

        _driving = true;
        var more = true;
        while (more && !_closed)
        {
            TakeMail();
            more = ExecuteReady() && TakeMail();
        }

        _driving = false;
        if (_inFlight == 0 && !_closing && !_closed)
        {
            _closing = true;
            _ = CloseAsync();
        }
        else if (_tail.IsAwaited || _news.Count > 0)
        {
            // Over, or one branch waits, while other effects are out: known at once, their answers are journaled when they come.
            GoOnOnceAppended();
        }
    }

    /// <summary>False: it let go before all that is ready was executed, and goes on by itself.</summary>
    private bool ExecuteReady()
    {
        while (!_closed && _state.Status == RunStatus.Running && IsWithinLimit() && _state.TryTakeReady(out var instance))
        {
            Execute(instance);
            if (_tail.Pending.Count >= AppendAt)
            {
                GoOnOnceAppended();
                return false;
            }
        }

        return true;
    }

    private void GoOnOnceAppended()
    {
        Append();
        _inFlight++;
        _ = GoOnAsync(_tail.Appended);
    }

    /// <summary>
    /// A long loop lets go of the lock now and then, so that the run can be cancelled and its timers be looked at, and goes on
    /// no faster than its journal is written.
    /// </summary>
    private async Task GoOnAsync(Task appended)
    {
        Exception? error = null;
        try
        {
            await appended.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            _stopping.ThrowIfCancellationRequested();
        }
        catch (Exception e)
        {
            error = e;
        }

        Returned(error, Drive);
    }

    private void Execute(ActivityInstance instance)
    {
        var node = _workflow.Node(instance.Activity);
        if (!TryAskEffect(node, instance, out var effect))
        {
            return;
        }

        if (effect == Effect.AtMostOnce && instance.Intended)
        {
            Apply(_services.Runner.OutcomeUnknown(node, instance.Id));
            return;
        }

        _scope.For(instance);
        JsonElement? inputs;
        try
        {
            inputs = instance.Inputs ?? InputEvaluator.Evaluate(node, _scope, _services.Secure);
        }
        catch (ExpressionException e)
        {
            var now = _services.Time.GetUtcNow();
            Apply(_services.Runner.Failed(node, instance.Id, instance.Attempts + 1, null, now, now, e, _scope.IsSecure));
            return;
        }

        var declared = effect is Effect.AtLeastOnce or Effect.AtMostOnce;
        if (!instance.Intended && (declared || (effect == Effect.Idempotent && (_state.ReadyCount > 1 || _scope.IsUnrepeatable))))
        {
            // Other branches may change what this one's inputs were made from before its result is in, and so does the clock.
            Apply(_scope.TakeChanges().In(new EffectIntended { At = _services.Time.GetUtcNow(), Instance = instance.Id, Activity = node.Id, Inputs = inputs }));
            _tail.IsUnrepeatable |= declared || _scope.IsUnrepeatable;
        }

        if (effect == Effect.None)
        {
            var result = _services.Runner.ExecuteAsync(node, effect, _state, instance, inputs, _scope.TakeChanges(), _scope, _stopping);
            if (result.IsCompletedSuccessfully)
            {
                Apply(result.Result);
                _tail.IsUnrepeatable |= _scope.IsUnrepeatable;
                return;
            }

            _inFlight++;
            _ = TakeResultAsync(Task.CompletedTask, () => result);
            return;
        }

        // A deadline that isn't on disk doesn't pass, and an event that isn't is not seen by those who wait for it.
        if (_tail.IsUnrepeatable || _news.Count > 0 || _state.DeadlinesChanged.Count > 0 || _state.Outgoing.Count > 0)
        {
            Append();
        }

        var set = _scope.TakeChanges();
        _inFlight++;
        _ = TakeResultAsync(_tail.Appended, () => _services.Runner.ExecuteAsync(node, effect, _state, instance, inputs, set, scope: null, _stopping));
    }

    /// <summary>An effect starts only when everything before it that could come out differently is committed.</summary>
    private async Task TakeResultAsync(Task committed, Func<ValueTask<RunEvent>> effect)
    {
        RunEvent? result = null;
        Exception? error = null;
        try
        {
            await committed;
            result = await effect();
        }
        catch (Exception e)
        {
            error = e;
        }

        Returned(error, () =>
        {
            Apply(result!);
            _tail.IsUnrepeatable = true;
            Drive();
        });
    }

    /// <summary>Something that was in flight is back.</summary>
    private void Returned(Exception? error, Action goOn)
    {
        lock (_lock)
        {
            _inFlight--;
            if (_closed)
            {
                // The run was dropped: its next executor repeats this by key.
                return;
            }

            if (error is null)
            {
                Guarded(goOn);
            }
            else
            {
                Drop(error);
            }
        }
    }

    /// <summary>An error of the engine's own must end the execution, or the run would hold its slot for good.</summary>
    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            _driving = false;
            Drop(e);
        }
    }

    private void Apply(RunEvent @event)
    {
        var wasOver = _state.IsOver;
        _tail.Add(@event);
        RunDecider.Apply(_workflow, _state, @event);
        Note(@event, isEnd: _state.IsOver && !wasOver);
    }

    private void Append()
    {
        _isMarked &= _tail.Pending.Count == 0;
        if (!_closed && _tail.Append() is { } failed)
        {
            Drop(failed);
        }
        else if (!_closed && _news.Count > 0)
        {
            _told = TellOnceStoredAsync(_told, _tail.Appended, [.. _news]);
            _news.Clear();
        }
    }

    /// <summary>Nothing is in flight: commit, and end unless something came in meanwhile.</summary>
    private async Task CloseAsync()
    {
        try
        {
            Task appended, told;
            lock (_lock)
            {
                Append();
                if (_isMarked && _state.Status == RunStatus.Suspended)
                {
                    // What came can't be taken yet: it waits on.
                    _isMarked = false;
                    _tail.AppendRow();
                }

                (appended, told) = (_tail.Appended, _told);
            }

            await appended;
            await told;
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                Drop(e);
            }

            return;
        }

        lock (_lock)
        {
            _closing = false;
            if ((_state.Status == RunStatus.Running && _state.Ready.Count > 0) || _tail.Pending.Count > 0 || _inFlight > 0 || TakesNextCall())
            {
                Guarded(Drive);
                return;
            }

            _closed = true;
        }

        if (_state is { IsOver: false, ResponseSent: false })
        {
            _services.Responses.Waits(_state.RunId);
        }

        _ended.TrySetResult();
    }

    // What can't be journaled did not happen: the run is loaded again and its effects are repeated by key.
    private void Drop(Exception error)
    {
        _closed = true;
        _ended.TrySetException(error);
    }
}
