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
internal sealed class RunExecution
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
    private readonly List<RunEvent> _pending = [];
    private Task _appended = Task.CompletedTask;
    private int _inFlight;
    private bool _driving, _closing, _closed;
    /// <summary>An event since the last append holds a value that would not come out the same again.</summary>
    private bool _unrepeatable;

    public RunExecution(CompiledWorkflow workflow, RunState state, EngineServices services, RunEvent? first, CancellationToken stopping)
    {
        _first = first;
        _workflow = workflow;
        _state = state;
        _services = services;
        _stopping = stopping;
        _scope = new RunScope(workflow, state, services.Secure);
    }

    /// <summary>
    /// Completes when everything is durable and nothing is left to do now.
    /// Fails with what kept the journal from being written; the run is then to be loaded again.
    /// </summary>
    public Task Ended => _ended.Task;

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

        await _appended;

        lock (_lock)
        {
            Guarded(FireDueTimersAndDrive);
        }
    }

    /// <summary>A timer is due. False: the run has left memory, load it.</summary>
    public bool Wake()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            Guarded(FireDueTimersAndDrive);
            return true;
        }
    }

    /// <summary>Null: the run has left memory. Else completes with whether it was still cancellable, once that is durable.</summary>
    public Task<bool>? Cancel(string? reason)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return null;
            }

            if (_state.IsOver)
            {
                return Task.FromResult(false);
            }

            Guarded(() =>
            {
                Apply(new RunCancelled { At = _services.Time.GetUtcNow(), Reason = reason });
                Append();
                Drive();
            });
            return Committed(_appended);
        }

        static async Task<bool> Committed(Task appended)
        {
            await appended;
            return true;
        }
    }

    /// <summary>Events that are not appended yet, and how many are before them: what comes out the same again may stand behind what is under way.</summary>
    public (long After, IReadOnlyList<RunEvent> Events) Pending()
    {
        lock (_lock)
        {
            return (_state.Seq - _pending.Count, [.. _pending]);
        }
    }

    private void FireDueTimersAndDrive()
    {
        var now = _services.Time.GetUtcNow();
        foreach (var fired in DueTimers.Fire(_workflow, _state, now, _services.Gates.TakePass(_state.RunId)))
        {
            Apply(fired);
            _unrepeatable = true;
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
        while (!_closed && _state.Status == RunStatus.Running && _state.TryTakeReady(out var instance))
        {
            Execute(instance);
            if (_pending.Count >= AppendAt)
            {
                Append();
                _inFlight++;
                _ = GoOnAsync(_appended);
                break;
            }
        }

        _driving = false;
        if (_inFlight == 0 && !_closing && !_closed)
        {
            _closing = true;
            _ = CloseAsync();
        }
        else if (_pending.Count > 0 && (_state.IsOver || _pending.Exists(static e => e is ActivitySuspended or ActivityFailed { RetryAt: not null })))
        {
            // Over, or one branch waits, while other effects are out: known at once, their answers are journaled when they come.
            Append();
            _inFlight++;
            _ = GoOnAsync(_appended);
        }
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
        var effect = node.Descriptor.Effect;
        if (effect == Effect.AtMostOnce && instance.Intended)
        {
            Apply(_services.Runner.OutcomeUnknown(node, instance.Id));
            return;
        }

        JsonElement? inputs;
        try
        {
            inputs = instance.Inputs ?? InputEvaluator.Evaluate(node, _scope.For(instance), _services.Secure);
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
            Apply(new EffectIntended { At = _services.Time.GetUtcNow(), Instance = instance.Id, Activity = node.Id, Inputs = inputs, Variables = _scope.TakeVariables() });
            _unrepeatable |= declared || _scope.IsUnrepeatable;
        }

        if (effect == Effect.None)
        {
            var result = _services.Runner.ExecuteAsync(node, _state, instance, inputs, _scope.TakeVariables(), _scope, _stopping);
            if (result.IsCompletedSuccessfully)
            {
                Apply(result.Result);
                _unrepeatable |= _scope.IsUnrepeatable;
                return;
            }

            _inFlight++;
            _ = TakeResultAsync(Task.CompletedTask, () => result);
            return;
        }

        // A deadline that isn't on disk doesn't pass.
        if (_unrepeatable || _state.DeadlinesChanged.Count > 0)
        {
            Append();
        }

        var set = _scope.TakeVariables();
        _inFlight++;
        _ = TakeResultAsync(_appended, () => _services.Runner.ExecuteAsync(node, _state, instance, inputs, set, scope: null, _stopping));
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
            _unrepeatable = true;
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
        _pending.Add(@event);
        RunDecider.Apply(_workflow, _state, @event);
        if (@event is ActivityCompleted { Outputs: { } outputs } completed && _workflow.Node(completed.Activity).Descriptor.SendsResponse)
        {
            Append();
            _ = _services.Responses.AnswerOnceStoredAsync(_appended, _state.RunId, _services.Secure.Open(outputs));
        }
    }

    private void Append()
    {
        if (_pending.Count == 0 || _closed)
        {
            return;
        }

        if (_appended.Exception is { } failed)
        {
            // Behind what is not there, nothing is written.
            Drop(failed.InnerException!);
            return;
        }

        var append = RunAppends.Make(_state, _pending, _services.Options.SnapshotEvery);
        _pending.Clear();
        _unrepeatable = false;
        // One lane, first come first served: when the last append is durable, all before it are.
        _appended = StoredAsync(_appended, append);
    }

    private async Task StoredAsync(Task before, RunAppend append)
    {
        await _services.AppendAsync(append);
        await before;
    }

    /// <summary>Nothing is in flight: commit, and end unless something came in meanwhile.</summary>
    private async Task CloseAsync()
    {
        try
        {
            Task appended;
            lock (_lock)
            {
                Append();
                appended = _appended;
            }

            await appended;
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
            if ((_state.Status == RunStatus.Running && _state.Ready.Count > 0) || _pending.Count > 0 || _inFlight > 0)
            {
                Guarded(Drive);
                return;
            }

            _closed = true;
        }

        // Its own answer is on its way, and may be overtaken from here.
        if (_state.IsOver && !_state.ResponseSent)
        {
            _services.Responses.RunEnded(_state.RunId, _state.Status);
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
