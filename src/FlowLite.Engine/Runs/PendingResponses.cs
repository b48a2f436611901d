using System.Collections.Concurrent;
using System.Text.Json;

namespace FlowLite.Engine.Runs;

/// <summary>Callers of synchronous triggers who wait for their run's answer. In memory only: a caller doesn't survive a crash.</summary>
public sealed class PendingResponses
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<RunAnswer>> _waiting = new();

    /// <summary>Call it before the run can start, dispose it when the caller has been answered or is gone.</summary>
    public PendingResponse Expect(Guid runId)
    {
        var source = new TaskCompletionSource<RunAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[runId] = source;
        return new PendingResponse(source.Task, () => _waiting.TryRemove(runId, out _));
    }

    /// <summary>Whether somebody still waits for the run's answer.</summary>
    public bool IsWaiting(Guid runId) => _waiting.TryGetValue(runId, out var source) && !source.Task.IsCompleted;

    /// <summary>The caller is answered when all that led to the answer is durable. What then can't be stored is not answered.</summary>
    internal async Task AnswerOnceStoredAsync(Task stored, Guid runId, JsonElement response)
    {
        await stored.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stored.IsCompletedSuccessfully)
        {
            Complete(runId, new RunAnswer(response, null));
        }
    }

    internal void RunEnded(Guid runId, RunStatus status) => Complete(runId, new RunAnswer(null, status));

    private void Complete(Guid runId, RunAnswer answer)
    {
        if (_waiting.TryGetValue(runId, out var source))
        {
            source.TrySetResult(answer);
        }
    }
}

/// <param name="Response">The Response activity's outputs: <c>{"StatusCode","Headers","Body"}</c>; null: the run ended without one.</param>
public sealed record RunAnswer(JsonElement? Response, RunStatus? EndedAs);

public sealed class PendingResponse(Task<RunAnswer> answer, Action forget) : IDisposable
{
    public Task<RunAnswer> Answer => answer;

    public void Dispose() => forget();
}
