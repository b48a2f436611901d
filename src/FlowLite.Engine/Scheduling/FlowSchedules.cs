using System.Collections.Concurrent;
using System.Collections.Immutable;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowLite.Engine.Scheduling;

/// <param name="Next">Null: there is no further time.</param>
/// <param name="Last">The time of the last run that it started.</param>
public sealed record ScheduledStart(ActivityNode Node, string Schedule, DateTimeOffset? Next, DateTimeOffset? Last);

/// <summary>
/// Starts runs of published flows at their triggers' times. A run's id is made from its flow, its trigger and its time, so a start
/// that is repeated after a crash finds the run; a mark on disk says how far each trigger has come. In memory there is only the next
/// time of each.
/// </summary>
public sealed class FlowSchedules : IDisposable
{
    /// <summary>The clock may be set; never sleep past this.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);

    /// <summary>What is dealt with further ahead was so by another clock.</summary>
    private static readonly TimeSpan FurthestAhead = TimeSpan.FromHours(1);

    private readonly FlowCatalog _flows;
    private readonly RunService _runs;
    private readonly IRunStore _store;
    private readonly IScheduleStore _marks;
    private readonly TimeProvider _time;
    private readonly EngineOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _changed = new();
    private readonly SemaphoreSlim _wake = new(0);
    /// <summary>By flow and activity. Written by the loop only.</summary>
    private ImmutableDictionary<(string Flow, string Activity), Entry> _entries = ImmutableDictionary<(string, string), Entry>.Empty;
    private DateTimeOffset _began;
    private Task _loop = Task.CompletedTask;

    public FlowSchedules(FlowCatalog flows, RunService runs, IRunStore store, IScheduleStore marks, TimeProvider time, EngineOptions options, ILogger<FlowSchedules> logger)
    {
        (_flows, _runs, _store, _marks, _time, _options, _logger) = (flows, runs, store, marks, time, options, logger);
        flows.Changed += FlowChanged;
    }

    /// <summary>The published flow's, by the next time.</summary>
    public IReadOnlyList<ScheduledStart> Of(string definitionId) =>
        [.. _entries.Where(e => e.Key.Flow == definitionId).Select(e => e.Value)
            .Select(e => new ScheduledStart(e.Node, e.Mark.Schedule, e.Next, e.Mark.LastRun))
            .OrderBy(s => s.Next ?? DateTimeOffset.MaxValue).ThenBy(s => s.Node.Id, StringComparer.Ordinal)];

    /// <summary>Begins once runs can be started. What passed before counts as missed.</summary>
    public void Start()
    {
        _began = _time.GetUtcNow();
        _loop = RunAsync(_stopping.Token);
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
    }

    public void Dispose()
    {
        _flows.Changed -= FlowChanged;
        _stopping.Dispose();
        _wake.Dispose();
    }

    private void FlowChanged(string definitionId)
    {
        _changed.Enqueue(definitionId);
        _wake.Release();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        var isLoaded = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!isLoaded)
                {
                    await LoadAsync();
                    isLoaded = true;
                }

                await TickAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.SchedulesFailed(_logger, e);
                await Task.Delay(_options.StoreRetryDelay, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task LoadAsync()
    {
        var marks = (await _marks.ListAsync()).ToDictionary(m => (m.DefinitionId, m.Activity));
        foreach (var flow in _flows.Published.Select(f => f.Definition.DefinitionId).Concat(marks.Keys.Select(k => k.DefinitionId)).Distinct().ToList())
        {
            await SyncAsync(flow, marks);
        }
    }

    private async Task TickAsync(CancellationToken stopping)
    {
        while (_changed.TryPeek(out var changed))
        {
            await SyncAsync(changed, null);
            _changed.TryDequeue(out _);
        }

        var now = _time.GetUtcNow();
        List<Exception>? failures = null;
        foreach (var entry in _entries.Values.Where(e => e.Next <= now).OrderBy(e => e.Next).ToList())
        {
            try
            {
                await FireAsync(entry, now, stopping);
            }
            // One flow's trouble is not the others'; it is tried again with the next round.
            catch (Exception e) when (e is not OperationCanceledException)
            {
                (failures ??= []).Add(e);
            }
        }

        if (failures is not null)
        {
            throw new AggregateException(failures);
        }

        now = _time.GetUtcNow();
        var next = _entries.Values.Min(e => e.Next);
        var sleep = next is { } due && due - now < LongestSleep ? due - now : LongestSleep;
        if (sleep > TimeSpan.Zero)
        {
            await SleepAsync(sleep, stopping);
        }
    }

    private async Task SleepAsync(TimeSpan sleep, CancellationToken stopping)
    {
        using var awake = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var woken = _wake.WaitAsync(awake.Token);
        await Task.WhenAny(woken, Task.Delay(sleep < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : sleep, _time, awake.Token));
        await awake.CancelAsync();
        await woken.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
    }

    /// <summary>Takes a flow's triggers as they are published now; those that are gone lose their marks, so that a later publish begins anew.</summary>
    /// <param name="stored">The marks on disk, where memory has none yet.</param>
    private async Task SyncAsync(string definitionId, IReadOnlyDictionary<(string, string), ScheduleMark>? stored)
    {
        var flow = _flows.Find(definitionId);
        if (flow is { Workflow: null })
        {
            // It can't run here now, but it is published: when it can again, it goes on where it stood.
            Forget(definitionId, _ => true);
            return;
        }

        var triggers = flow?.Workflow!.Nodes.Values.Where(n => n is { CanStartWorkflow: true, Activity: ScheduledTrigger }).ToList() ?? [];
        var known = stored is null ? (await _marks.ListAsync()).ToDictionary(m => (m.DefinitionId, m.Activity)) : stored;
        foreach (var gone in known.Values.Where(m => m.DefinitionId == definitionId && triggers.TrueForAll(t => t.Id != m.Activity)))
        {
            await _marks.DeleteAsync(definitionId, gone.Activity);
        }

        Forget(definitionId, activity => triggers.TrueForAll(t => t.Id != activity));
        foreach (var node in triggers)
        {
            var trigger = (ScheduledTrigger)node.Activity;
            var mark = known.GetValueOrDefault((definitionId, node.Id));
            if (mark?.Schedule != trigger.Schedule)
            {
                var now = _time.GetUtcNow();
                mark = new ScheduleMark(definitionId, node.Id, trigger.Schedule, now, now);
                await _marks.SaveAsync(mark);
            }
            else if (mark.Done - _time.GetUtcNow() > FurthestAhead)
            {
                // Not turned back: should it be this clock that is wrong, times would start their runs twice.
                Log.ScheduleAhead(_logger, definitionId, mark.Done);
            }

            try
            {
                Put(new Entry(flow!.Workflow!, node, trigger, mark, _began));
            }
            // A plugin's trigger may throw.
            catch (Exception e)
            {
                Log.SchedulesFailed(_logger, e);
            }
        }
    }

    private async Task FireAsync(Entry entry, DateTimeOffset now, CancellationToken stopping)
    {
        var (start, done) = ScheduleTimes.Due(entry.Trigger, entry.Mark, now, entry.MissedBefore);
        foreach (var time in start)
        {
            stopping.ThrowIfCancellationRequested();
            if (!ReferenceEquals(_flows.Find(entry.Mark.DefinitionId)?.Workflow, entry.Workflow))
            {
                // Published anew, or retracted, a moment ago: that comes first.
                return;
            }

            try
            {
                await StartAsync(entry, time);
            }
            catch
            {
                // What came up to now could not be written when it came.
                Put(entry with { MissedBefore = now.AddTicks(1) });
                // Or it was, though it seemed not to be: the run is looked for on disk.
                _runs.Dispatcher.Imported(entry.Mark.DefinitionId, isReady: true);
                throw;
            }
        }

        if (done != entry.Mark.Done)
        {
            var mark = entry.Mark with { Done = done, LastRun = start.Count > 0 ? start[^1] : entry.Mark.LastRun };
            await _marks.SaveAsync(mark);
            entry = new Entry(entry.Workflow, entry.Node, entry.Trigger, mark, entry.MissedBefore);
        }

        Put(entry);
    }

    private async Task StartAsync(Entry entry, DateTimeOffset time)
    {
        var id = RunIds.Scheduled(entry.Mark.DefinitionId, entry.Node.Id, time);
        if (await _store.FindRunAsync(id) is null)
        {
            try
            {
                await _runs.StartAsync(entry.Workflow, new RunRequest(id)
                {
                    TriggerActivity = entry.Node.Id,
                    Trigger = JsonValues.Object(writer => writer.WriteString("scheduledTime", time.UtcDateTime)),
                });
            }
            catch (RunRefusedException e)
            {
                // The flow itself says that this time is passed over.
                Log.ScheduleRefused(_logger, time, e.Message);
            }
        }
    }

    private void Put(Entry entry) => _entries = _entries.SetItem((entry.Mark.DefinitionId, entry.Node.Id), entry);

    private void Forget(string definitionId, Func<string, bool> isGone) =>
        _entries = _entries.RemoveRange(_entries.Keys.Where(key => key.Flow == definitionId && isGone(key.Activity)));

    /// <param name="MissedBefore">Times before it passed while the server was stopped, or could not write.</param>
    private sealed record Entry(CompiledWorkflow Workflow, ActivityNode Node, ScheduledTrigger Trigger, ScheduleMark Mark, DateTimeOffset MissedBefore)
    {
        public DateTimeOffset? Next { get; } = Trigger.Next(Mark.Done, Mark.Since);
    }
}
