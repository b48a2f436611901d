using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;

namespace FlowLite.Engine.Runs;

/// <summary>Callers of synchronous triggers who wait for their run's answer. In memory only: a caller doesn't survive a crash.</summary>
public sealed class PendingResponses
{
    private static readonly RunAnswer Nobody = new(null, null);

    private readonly ConcurrentDictionary<Guid, ImmutableList<Waiter>> _waiting = new();
    private volatile bool _isClosed;

    /// <summary>Call it before the run can start, dispose it when the caller has been answered or is gone.</summary>
    /// <param name="untilItWaits">The caller is told when the run waits for something before it has answered, as Elsa's callers are.</param>
    public PendingResponse Expect(Guid runId, bool untilItWaits = false) => Add(runId, new Waiter(untilItWaits) { IsTaken = true });

    /// <summary>Likewise for a call that wakes a run: nothing that the run does before it takes the call is the answer.</summary>
    /// <param name="instance">Which of the run's activities the call is for.</param>
    /// <param name="key">By which of its bookmarks.</param>
    public PendingResponse ExpectOfWoken(Guid runId, Guid instance, string key) => Add(runId, new Waiter(untilItWaits: true) { Call = (instance, key) });

    /// <summary>Whether somebody still waits for the run's answer.</summary>
    public bool IsWaiting(Guid runId) => _waiting.TryGetValue(runId, out var waiters) && waiters.Exists(w => !w.Source.Task.IsCompleted);

    /// <summary>The run has taken a call that woke it. It does so when it has answered the one before, or waits.</summary>
    internal void Taken(Guid runId, Guid instance, string key)
    {
        Waits(runId);
        foreach (var waiter in _waiting.GetValueOrDefault(runId) ?? [])
        {
            waiter.IsTaken |= waiter.Call == (instance, key);
        }
    }

    /// <summary>A call came when what it was for didn't wait any more.</summary>
    internal void Dropped(Guid runId, Guid instance, string key) => Complete(runId, Nobody, w => !w.IsTaken && w.Call == (instance, key));

    internal void Answered(Guid runId, JsonElement response) => Complete(runId, new RunAnswer(response, null), static w => w.IsTaken);

    /// <param name="hasAnswered">An answer that could not be told is none that the run has not given.</param>
    internal void Ended(Guid runId, RunStatus status, bool hasAnswered)
    {
        Complete(runId, Nobody, static w => !w.IsTaken);
        if (!hasAnswered)
        {
            Complete(runId, new RunAnswer(null, status), static w => w.IsTaken);
        }
    }

    internal void Waits(Guid runId) => Complete(runId, new RunAnswer(null, RunStatus.Suspended), static w => w is { UntilItWaits: true, IsTaken: true });

    /// <summary>The server stops and no run goes on in this life: answers that are awaited, and those to come, are cancelled.</summary>
    internal void Close()
    {
        _isClosed = true;
        foreach (var waiter in _waiting.Values.SelectMany(waiters => waiters))
        {
            waiter.Source.TrySetCanceled();
        }
    }

    private PendingResponse Add(Guid runId, Waiter waiter)
    {
        _waiting.AddOrUpdate(runId, static (_, one) => [one], static (_, others, one) => others.Add(one), waiter);
        if (_isClosed)
        {
            waiter.Source.TrySetCanceled();
        }

        return new PendingResponse(waiter.Source.Task, () => Remove(runId, waiter));
    }

    private void Remove(Guid runId, Waiter waiter)
    {
        while (_waiting.TryGetValue(runId, out var waiters))
        {
            var others = waiters.Remove(waiter);
            if (others.IsEmpty ? _waiting.TryRemove(KeyValuePair.Create(runId, waiters)) : _waiting.TryUpdate(runId, others, waiters))
            {
                return;
            }
        }
    }

    private void Complete(Guid runId, RunAnswer answer, Func<Waiter, bool> whose)
    {
        foreach (var waiter in _waiting.GetValueOrDefault(runId) ?? [])
        {
            if (whose(waiter))
            {
                waiter.Source.TrySetResult(answer);
            }
        }
    }

    private sealed class Waiter(bool untilItWaits)
    {
        private volatile bool _isTaken;

        public bool UntilItWaits => untilItWaits;

        /// <summary>Null: it started the run.</summary>
        public (Guid Instance, string Key)? Call { get; init; }

        /// <summary>The run works for this caller.</summary>
        public bool IsTaken
        {
            get => _isTaken;
            set => _isTaken = value;
        }

        public TaskCompletionSource<RunAnswer> Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <param name="Response">The Response activity's outputs: <c>{"StatusCode","Headers","Body"}</c>; null: the run ended, or waits, without one.</param>
/// <param name="EndedAs">Suspended: it waits. Null beside no response: nobody took the call.</param>
public sealed record RunAnswer(JsonElement? Response, RunStatus? EndedAs);

public sealed class PendingResponse(Task<RunAnswer> answer, Action forget) : IDisposable
{
    /// <summary>Cancelled when the server stops before the run has answered.</summary>
    public Task<RunAnswer> Answer => answer;

    public void Dispose() => forget();
}
