using System.Globalization;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>What others ask of a run under way.</summary>
internal sealed partial class RunExecution
{
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

    /// <summary>A signal has come. False: the run has left memory, load it.</summary>
    public bool LookForMail()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            _inFlight++;
            _ = FetchMailAsync();
            return true;
        }
    }

    private async Task FetchMailAsync()
    {
        IReadOnlyList<StoredSignal> mail = [];
        Exception? error = null;
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            mail = await _services.Store.ListSignalsAsync(_state.RunId);
        }
        catch (Exception e)
        {
            error = e;
        }

        Returned(error, () =>
        {
            _mailbox.Add(mail);
            _isMarked |= mail.Count > 0;
            Drive();
        });
    }

    /// <summary>What wakes an activity is what it gives out.</summary>
    private RunEvent Kept(RunEvent @event) =>
        @event is SignalReceived { Payload: { } payload } signal && _workflow.Node(signal.Activity).SecureOutputs
            ? signal with { Payload = _services.Secure.KeepWhole(payload) }
            : @event;

    /// <summary>False: the activity could not say, and has failed. It may be a plugin's.</summary>
    private bool TryAskEffect(ActivityNode node, ActivityInstance instance, out Effect effect)
    {
        try
        {
            effect = node.Activity.EffectOf(node);
            return true;
        }
        catch (Exception e)
        {
            var now = _services.Time.GetUtcNow();
            Apply(_services.Runner.Failed(node, instance.Id, instance.Attempts + 1, null, now, now, e, isSecure: false));
            effect = default;
            return false;
        }
    }

    /// <summary>Asked before each execution. What is too long ends here: a cycle that never waits would fill the disk.</summary>
    private bool IsWithinLimit()
    {
        if (_state.Seq < _services.Options.EventsPerRun)
        {
            return true;
        }

        Apply(new RunFaulted { At = _services.Time.GetUtcNow(), Failure = TooLong(_state.Seq, _services.Options.EventsPerRun) });
        return false;
    }

    private static RunFailure TooLong(long events, int limit) => new("RunTooLong", string.Create(CultureInfo.InvariantCulture,
        $"The run was ended: its journal has {events:N0} events, and one run may have {limit:N0}. Look whether the flow goes round without an end; an action that waits, or a run of its own for each part, keeps a long flow short. If it is meant to be that long, raise FlowLite__Engine__EventsPerRun, restart the server and resubmit the run."));

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
            return Committed(_tail.Appended);
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
            return (_state.Seq - _tail.Pending.Count, [.. _tail.Pending]);
        }
    }
}
