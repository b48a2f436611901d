using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Secure;
using Microsoft.Extensions.Logging;

namespace FlowLite.Engine.Runs;

/// <summary>The engine's door: starts, resubmits and cancels runs, and reads them. One for each server.</summary>
public sealed class RunService : IDisposable
{
    private readonly EngineServices _services;
    private readonly FlowCatalog _flows;
    private readonly RunLoader _loader;
    private readonly TimerPump _pump;
    private readonly RunIds _ids;
    private readonly CancellationTokenSource _stopping = new();
    private Task _pumping = Task.CompletedTask;

    public RunService(
        IRunStore store, FlowCatalog flows, PendingResponses responses, TimeProvider time, EngineOptions options, ILogger<RunService> logger, SecureValues? secure = null, LargeBodies? largeBodies = null)
    {
        secure ??= new SecureValues(PlainValues.Instance);
        _services = new EngineServices(store, time, options, responses, logger, new RunBirths(flows, options, secure), secure);
        _flows = flows;
        _ids = new RunIds(time);
        _loader = new RunLoader(_services, flows, (largeBodies ?? new LargeBodies(options, time)).Runs);
        Dispatcher = new RunDispatcher(_services, flows, _loader);
        _services.Woken = Dispatcher.Woken;
        _pump = new TimerPump(_services, Dispatcher);
        Gates.Wake = Dispatcher.Wake;
    }

    public RunDispatcher Dispatcher { get; }

    /// <summary>Lets runs on that wait for something outside.</summary>
    public RunGates Gates => _services.Gates;

    /// <summary>Tells of what is appended to runs.</summary>
    public RunFeed Feed => _services.Feed;

    /// <summary>
    /// A run is born: it is durable when this returns its id, and executes on its own from then on.
    /// </summary>
    /// <returns>Null: the flow's waiting limit is reached.</returns>
    /// <exception cref="RunRefusedException">The flow's activation strategy lets no further run start now; nothing was kept.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was kept.</exception>
    public async ValueTask<Guid?> StartAsync(CompiledWorkflow workflow, RunRequest request)
    {
        var definitionId = workflow.Definition.DefinitionId;
        if (!Dispatcher.TryReserve(definitionId, request.WaitingLimit))
        {
            return null;
        }

        var state = new RunState { RunId = request.RunId };
        var started = request.ToEvent(workflow, _services.Time.GetUtcNow(), _services.Secure);
        try
        {
            RunDecider.Apply(workflow, state, started);
            await _services.AppendAsync(RunAppends.Make(state, [started], _services.Options.SnapshotEvery, workflow.Activation));
        }
        catch (RunFenceException)
        {
            // The id is new: the event that is there is this one, stored by a commit that seemed to have failed.
        }
        catch (Exception e)
        {
            // Memory may run out when the run is durable already; then it is accepted.
            if (e is not OutOfMemoryException || !await IsStoredAsync(request.RunId))
            {
                Dispatcher.CancelReservation(definitionId);
                throw;
            }
        }

        Dispatcher.Accepted(workflow, state);
        return state.RunId;
    }

    /// <summary>False too when there is too little memory even to ask: the sender is told to send again.</summary>
    private async ValueTask<bool> IsStoredAsync(Guid runId)
    {
        GC.Collect();
        try
        {
            return await _services.Store.FindRunAsync(runId) is not null;
        }
        catch (Exception e) when (e is OutOfMemoryException or StoreUnavailableException)
        {
            return false;
        }
    }

    /// <summary>An id for a run that starts now; ids sort by time.</summary>
    public Guid NewRunId() => _ids.Next();

    /// <summary>
    /// Runs what started a run again, on the flow's published version. The root run id is kept, so that a record which exists
    /// already is found and not made twice, unless it is explicitly to be taken as a new lead.
    /// </summary>
    /// <returns>Null: there is no such run, or its flow has no published version.</returns>
    /// <exception cref="RunRefusedException">The flow's activation strategy lets no further run start now.</exception>
    public async ValueTask<Guid?> ResubmitAsync(Guid runId, bool asNew)
    {
        if (await _services.Store.ReadJournalAsync(runId, from: 0) is not { } stored
            || _flows.Find(stored.Summary.DefinitionId)?.Workflow is not { } workflow)
        {
            return null;
        }

        var started = (RunStarted)RunJournal.Read(stored.Batches[0], stored.Values)[0];
        var newId = NewRunId();
        var trigger = started.TriggerName is null ? null : _flows.Find(started.DefinitionId)?.Trigger(started.TriggerName);
        return await StartAsync(workflow, new RunRequest(newId)
        {
            RootRunId = asNew ? newId : started.RootRunId,
            ResubmitOf = runId,
            TriggerActivity = trigger?.Id ?? started.TriggerActivity,
            TriggerName = started.TriggerName,
            Trigger = started.Trigger,
            Input = started.Input,
            IsKept = true,
            ClientTrackingId = started.ClientTrackingId,
            CorrelationId = started.CorrelationId,
        });
    }

    /// <summary>
    /// Wakes the activities that wait for the signal, and starts runs of the flows that begin with it unless it is for one run only. All of it is
    /// durable when this returns; the runs go on by themselves.
    /// </summary>
    /// <returns>Who was woken or started; nobody: it is gone, nothing keeps it for later.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was kept.</exception>
    public Task<IReadOnlyList<WokenRun>> SignalAsync(Signal signal) => _services.SendAsync(signal);

    /// <inheritdoc cref="IRunStore.FindBookmarksAsync"/>
    public ValueTask<IReadOnlyList<WaitingBookmark>> FindBookmarksAsync(
        string kind, string? key, string? correlationId = null, int limit = 100, Guid? runId = null, WaitingBookmark? after = null) =>
        _services.Store.FindBookmarksAsync(kind, key, correlationId, limit, runId, after);

    /// <summary>Null: no such run; false: it was over already. What is under way is not broken off: its answer is still journaled.</summary>
    public async ValueTask<bool?> CancelAsync(Guid runId, string? reason) =>
        await _services.Store.FindRunAsync(runId) is { } run ? await Dispatcher.CancelAsync(run, reason) : null;

    /// <summary>
    /// Removes a run and its journal for good; one that is not over is cancelled first. What is under way for it is not broken off,
    /// but its answer finds no run any more.
    /// </summary>
    /// <returns>False: there is no such run.</returns>
    public async Task<bool> DeleteAsync(Guid runId)
    {
        if (await _services.Store.FindRunAsync(runId) is not { } run)
        {
            return false;
        }

        if (!RunRepairs.IsOver(run.Status))
        {
            await Dispatcher.CancelAsync(run, "The run is deleted.");
        }

        var deleted = await _services.Store.DeleteRunsAsync([runId]) > 0;
        Feed.Appended(run);
        return deleted;
    }

    /// <summary>
    /// Takes runs over from another server, under their ids. One that was over there is history here; one that was not goes on where
    /// it stood if its version is here, else it is quarantined. A run with an id that is here already is left as it is. Those that wait for
    /// runs which they have started are told of those that are over here, or not here.
    /// </summary>
    /// <returns>How many were taken over.</returns>
    /// <exception cref="FormatException">The events of one are no run; those before it were taken over.</exception>
    /// <exception cref="StoreUnavailableException">One could not be kept; those before it were.</exception>
    public async Task<int> ImportAsync(IReadOnlyList<ImportedRun> runs)
    {
        var count = 0;
        try
        {
            foreach (var run in runs)
            {
                count += await ImportAsync(run) ? 1 : 0;
            }
        }
        finally
        {
            await new ImportedWaits(_services, _flows).EndAsync(runs);
        }

        return count;
    }

    private async Task<bool> ImportAsync(ImportedRun run)
    {
        if (await _services.Store.FindRunAsync(run.RunId) is not null)
        {
            return false;
        }

        var append = run.ToAppend(await FindVersionAsync(run), _services.Time.GetUtcNow());
        try
        {
            await _services.AppendAsync(append);
        }
        catch (RunFenceException)
        {
            return false;
        }

        if (append.Summary.Status is RunStatus.Running or RunStatus.Suspended)
        {
            Dispatcher.Imported(append.Summary.DefinitionId, isReady: append.Summary.Status == RunStatus.Running);
        }

        return true;
    }

    private async ValueTask<CompiledWorkflow?> FindVersionAsync(ImportedRun run)
    {
        try
        {
            return run.Events is [RunStarted started, ..] ? await _flows.VersionAsync(started.VersionId) : null;
        }
        catch (InvalidDefinitionException)
        {
            return null;
        }
    }

    /// <summary>
    /// The run's row and every event, for the history, secure values left out; null for an unknown run. Of a run under way those events too that are
    /// appended with the next effect's result: so that it is seen what it waits for.
    /// </summary>
    public async ValueTask<RunReading?> ReadAsync(Guid runId) =>
        await _services.Store.ReadJournalAsync(runId, from: 0) is { } first
            ? new RunReading(_services.Store, first, () => Dispatcher.Active(first.Summary.DefinitionId, runId)?.Pending())
            : null;

    /// <summary>Takes up what an earlier life of the server left. Call it when the server listens.</summary>
    public async Task StartAsync()
    {
        await _loader.OpenEpochAsync();
        if (await _services.Store.ListRunsAsync(null, null, null, 1) is [var newest])
        {
            _ids.ContinueAfter(newest.RunId);
        }

        await new RunReleases(_services, _flows).ReleaseAsync(_loader.Epoch);
        await Dispatcher.StartAsync();
        _pumping = _pump.RunAsync(_stopping.Token);
    }

    /// <summary>Leaves runs to resume in the next life; those under way have until the token says stop, and so have the callers who wait for them.</summary>
    public async Task StopAsync(CancellationToken patience)
    {
        await _stopping.CancelAsync();
        await _pumping;
        await Dispatcher.StopAsync(patience);
        _services.Responses.Close();
        await _services.Store.CloseEpochAsync(_loader.Epoch);
    }

    public void Dispose()
    {
        Dispatcher.Dispose();
        _stopping.Dispose();
    }
}

/// <summary>What a new run starts with.</summary>
public sealed record RunRequest(Guid RunId)
{
    public Guid? RootRunId { get; init; }
    public Guid? ResubmitOf { get; init; }
    public string? TriggerActivity { get; init; }
    public string? TriggerName { get; init; }
    /// <summary><c>{"headers":{},"queries":{},"path":{},"body":…}</c></summary>
    public JsonElement? Trigger { get; init; }
    public JsonElement? Input { get; init; }
    /// <summary>Trigger and input come from another run's journal: what is secure in them is sealed.</summary>
    public bool IsKept { get; init; }
    /// <summary>Trigger and input were made of secure values of the run that starts it.</summary>
    public bool IsSecure { get; init; }
    public string? ClientTrackingId { get; init; }
    public string? CorrelationId { get; init; }
    public ParentRun? Parent { get; init; }
    /// <summary>Runs of the flow that may wait; null: no limit.</summary>
    public int? WaitingLimit { get; init; }

    internal RunStarted ToEvent(CompiledWorkflow workflow, DateTimeOffset now, SecureValues secure) => new()
    {
        At = now,
        DefinitionId = workflow.Definition.DefinitionId,
        VersionId = workflow.Definition.Id,
        RootRunId = RootRunId ?? RunId,
        ResubmitOf = ResubmitOf,
        TriggerActivity = TriggerActivity,
        TriggerName = TriggerName,
        Trigger = Keep(Trigger, secure, IsSecure || TriggerIsSecure(workflow)),
        Input = Keep(Input, secure, IsSecure || workflow.SecureInputs || TriggerIsSecure(workflow)),
        ClientTrackingId = ClientTrackingId,
        CorrelationId = CorrelationId,
        Parent = Parent,
    };

    private bool TriggerIsSecure(CompiledWorkflow workflow) =>
        TriggerActivity is { } trigger && workflow.Nodes.GetValueOrDefault(trigger)?.SecureOutputs == true;

    private JsonElement? Keep(JsonElement? value, SecureValues secure, bool isSecure) => value switch
    {
        null => null,
        { } json when IsKept && SecureValues.AreIn(json) => json,
        { } json => secure.KeepMembers(json, isSecure),
    };
}
