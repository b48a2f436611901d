using System.Text.Json;
using FlowLite.Engine;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowLite.Tests.Runs;

/// <summary>The engine as the server has it, dispatcher and timers included, on the machine's clock and a store in memory.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    // All versions are published to it, so it asks no store and compiles nothing.
    private readonly FlowCatalog _flows = new(null!, null!);

    public TestEngine(EngineOptions? options = null)
    {
        options ??= new EngineOptions();
        options.StoreRetryDelay = TimeSpan.FromMilliseconds(1);
        Runs = new RunService(Store, _flows, Responses, TimeProvider.System, options, NullLogger<RunService>.Instance);
    }

    /// <summary>The next life of the server: another engine on the same store. To be started and stopped by the test.</summary>
    public RunService Again(EngineOptions? options = null, LargeBodies? largeBodies = null, PendingResponses? responses = null) =>
        new(Store, _flows, responses ?? new PendingResponses(), TimeProvider.System, options ?? new EngineOptions(), NullLogger<RunService>.Instance, largeBodies: largeBodies);

    public SignallingStore Store { get; } = new();
    public PendingResponses Responses { get; } = new();
    public RunService Runs { get; }
    public EffectWorld World { get; } = new();

    public CompiledWorkflow Publish(string definition, string definitionId = "test")
    {
        var workflow = World.Compile(JsonElement.Parse(definition), definitionId);
        _flows.Publish(workflow, new FlowSecrets(definitionId, "", "", new Dictionary<string, string>()));
        return workflow;
    }

    public async Task<Guid?> TryStartAsync(CompiledWorkflow workflow, int? waitingLimit = null) =>
        await Runs.StartAsync(workflow, new RunRequest(Runs.NewRunId()) { WaitingLimit = waitingLimit });

    public async Task<Guid> StartAsync(CompiledWorkflow workflow) => (await TryStartAsync(workflow))!.Value;

    public void Retract(string definitionId) => _flows.Retract(definitionId);

    /// <summary>Completes when an append leaves the run with that status.</summary>
    public Task Reaches(Guid runId, RunStatus status) => Store.When(a => a.RunId == runId && a.Summary.Status == status).WaitAsync(Long);

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Long);
        await Runs.StopAsync(patience.Token);
        Runs.Dispose();
    }
}

/// <summary>A memory store that tells what it stored, and refuses appends when told to.</summary>
internal sealed class SignallingStore() : RunStoreDecorator(new MemoryRunStore())
{
    private readonly Lock _gate = new();
    private readonly List<RunAppend> _appends = [];
    private readonly List<(Func<RunAppend, bool> Is, TaskCompletionSource Seen)> _waiting = [];

    public Func<RunAppend, bool> Refuses { get; set; } = static _ => false;

    /// <summary>What an append fails with that is stored all the same; null: it doesn't.</summary>
    public Func<RunAppend, Exception?> SeemsToFail { get; set; } = static _ => null;

    /// <summary>In the order in which they were stored.</summary>
    public IReadOnlyList<RunAppend> Appends
    {
        get
        {
            lock (_gate)
            {
                return [.. _appends];
            }
        }
    }

    public Task When(Func<RunAppend, bool> append)
    {
        lock (_gate)
        {
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_appends.Exists(a => append(a)))
            {
                seen.SetResult();
            }

            _waiting.Add((append, seen));
            return seen.Task;
        }
    }

    private readonly TaskCompletionSource _nobodyInLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it was asked who is first in a flow's line, and nobody was.</summary>
    public Task NobodyInLine => _nobodyInLine.Task;

    public override async ValueTask<RunSummary?> FirstInLineAsync(string definitionId, IReadOnlySet<Guid> except)
    {
        var first = await base.FirstInLineAsync(definitionId, except);
        if (first is null)
        {
            _nobodyInLine.TrySetResult();
        }

        return first;
    }

    public override async ValueTask AppendAsync(RunAppend append)
    {
        if (Refuses(append))
        {
            throw new StoreUnavailableException("refused");
        }

        await base.AppendAsync(append);
        lock (_gate)
        {
            _appends.Add(append);
            _waiting.Where(w => w.Is(append)).ToList().ForEach(w => w.Seen.TrySetResult());
        }

        if (SeemsToFail(append) is { } error)
        {
            throw error;
        }
    }
}
