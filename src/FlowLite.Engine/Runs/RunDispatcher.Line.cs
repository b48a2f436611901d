using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Runs;

/// <summary>Flows whose runs go one after the other.</summary>
public sealed partial class RunDispatcher
{
    /// <summary>The run that stands before it in its flow's line, which has to end first; null: none does.</summary>
    public async ValueTask<Guid?> StandsBehindAsync(RunSummary run)
    {
        lock (_lock)
        {
            var queue = _turns.Queue(run.DefinitionId);
            if (queue.Line is null || run.Status != RunStatus.Running || run.ParentRunId is not null || queue.Known.Contains(run.RunId))
            {
                return null;
            }
        }

        var first = await _services.Store.FirstInLineAsync(run.DefinitionId, new HashSet<Guid>());
        return first is null || first.RunId == run.RunId ? null : first.RunId;
    }

    // Without a published version that works it stays as it was.
    private void FlowChanged(string definitionId)
    {
        lock (_lock)
        {
            if (_flows.Find(definitionId)?.Workflow is { } workflow && _turns.Find(definitionId) is { } queue)
            {
                queue.SetLine(workflow.HasLine);
                _turns.Add(queue);
            }
        }

        Pump();
    }

    /// <summary>Flows that have no published version any more go on as the version says that their oldest run is pinned to.</summary>
    private async Task<HashSet<string>> LinesOfUnpublishedAsync(IEnumerable<string> definitionIds)
    {
        var lines = new HashSet<string>();
        foreach (var definitionId in definitionIds.Where(id => _flows.Find(id)?.Workflow is null))
        {
            try
            {
                if (await _services.Store.FirstInLineAsync(definitionId, new HashSet<Guid>()) is { } first && (await _flows.VersionAsync(first.VersionId)).HasLine)
                {
                    lines.Add(definitionId);
                }
            }
            catch (InvalidDefinitionException)
            {
                // Its runs are left to a person each as its turn comes.
            }
        }

        return lines;
    }

    private async Task AskLineAsync(FlowQueue queue)
    {
        await Task.Yield();
        var limit = Window / 2;
        LineQuestion? question = null;
        lock (_lock)
        {
            question = queue.Line is null ? null : queue.Ask(limit);
        }

        LineAnswer? answer = null;
        try
        {
            answer = question is null ? null : await AnswerAsync(queue.DefinitionId, question, limit);
        }
        catch (Exception e)
        {
            Log.BacklogNotRead(_services.Logger, e, queue.DefinitionId);
            await Task.Delay(_services.Options.StoreRetryDelay, _services.Time);
        }

        lock (_lock)
        {
            queue.Loading = false;
            if (answer is not null)
            {
                queue.Take(question!, answer, limit);
            }

            _turns.Add(queue);
        }

        Pump();
    }

    private async Task<LineAnswer> AnswerAsync(string definitionId, LineQuestion question, int limit)
    {
        var store = _services.Store;
        long? ready = question.Counts ? (await store.CountReadyAsync()).GetValueOrDefault(definitionId) : null;
        var first = question.First ? await store.FirstInLineAsync(definitionId, question.SetAside) : null;
        return new LineAnswer(first, ready, question.Children ? await store.ListReadyAsync(definitionId, question.Known, limit, children: true) : []);
    }

    private static QueuedAs As(StoredRun? stored) => stored switch
    {
        { Summary.ParentRunId: not null } => QueuedAs.Child,
        null or { SnapshotSeq: 0, Batches.Count: 1, Signals.Count: 0 } => QueuedAs.New,
        _ => QueuedAs.Woken,
    };
}
