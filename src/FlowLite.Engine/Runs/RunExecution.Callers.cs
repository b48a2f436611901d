namespace FlowLite.Engine.Runs;

/// <summary>What comes for the run from outside, and what those hear who wait for its answer.</summary>
internal sealed partial class RunExecution
{
    /// <summary>What callers are told when it is stored, with all that follows it at once: a caller finds the run where it waits then.</summary>
    private readonly List<Action> _news = [];
    /// <summary>Completes when the callers have been told what was appended so far.</summary>
    private Task _told = Task.CompletedTask;
    /// <summary>
    /// A call is not answered yet. Answers don't say whom they are for: the run takes its next call when it has answered this one, or waits for
    /// something.
    /// </summary>
    private bool _isCalled;

    // Of a run that was under way in a crash, or when the store failed, it is not known whether its caller had been told that it waits.
    private static bool MayBeCalled(RunState state, PendingResponses responses) =>
        state is { ResponseSent: false, Status: RunStatus.Running } && (state.Seq > 1 || responses.IsWaiting(state.RunId));

    /// <summary>Whether anything in the mailbox could be delivered.</summary>
    private bool TakeMail()
    {
        var any = false;
        while (!_closed && _mailbox.Take(_state, _services.Time.GetUtcNow(), HoldsCalls()) is var (signal, @event))
        {
            Apply(Kept(@event));
            if (@event is SignalDropped && signal.AwaitsResponse)
            {
                NoteDropped(signal);
            }

            _tail.IsUnrepeatable = true;
            any = true;
        }

        return any;
    }

    // A run that never answers can mix up no answers.
    private bool HoldsCalls() => _isCalled && _mailbox.HasCall && _workflow.Nodes.Values.Any(static node => node.Descriptor.SendsResponse);

    /// <summary>The run waits, or is over, with nothing on its way: whether a call has come that it can take now.</summary>
    private bool TakesNextCall()
    {
        var takes = _isCalled && !_state.IsOver && _mailbox.HasCall;
        _isCalled = false;
        return takes;
    }

    /// <summary>What callers are to hear of an event.</summary>
    private void Note(RunEvent @event, bool isEnd)
    {
        if (@event is SignalReceived { AwaitsResponse: true } call)
        {
            NoteCall(call);
        }
        else if (@event is ActivityCompleted { Outputs: not null } completed && _workflow.Node(completed.Activity).Descriptor.SendsResponse)
        {
            NoteAnswer(completed);
        }

        if (isEnd)
        {
            NoteEnd(_state.Status, _state.ResponseSent);
        }
    }

    private void NoteCall(SignalReceived call)
    {
        _isCalled = true;
        _news.Add(() => _services.Responses.Taken(_state.RunId, call.Instance, call.Key));
    }

    private void NoteAnswer(ActivityCompleted completed)
    {
        _isCalled = false;
        var response = _services.Secure.Open(completed.Outputs!.Value);
        _news.Add(() => _services.Responses.Answered(_state.RunId, response));
    }

    private void NoteDropped(StoredSignal call) => _news.Add(() => _services.Responses.Dropped(_state.RunId, call.Instance, call.Key));

    private void NoteEnd(RunStatus status, bool hasAnswered) => _news.Add(() => _services.Responses.Ended(_state.RunId, status, hasAnswered));

    /// <summary>Callers hear of what is durable, in its order. What can't be stored is not told.</summary>
    private static async Task TellOnceStoredAsync(Task before, Task stored, IReadOnlyList<Action> news)
    {
        await before;
        await stored.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stored.IsCompletedSuccessfully)
        {
            foreach (var tell in news)
            {
                tell();
            }
        }
    }
}
