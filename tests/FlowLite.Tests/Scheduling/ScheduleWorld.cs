using System.Collections.Concurrent;
using System.Text.Json;
using FlowLite.Activities;
using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Scheduling;
using FlowLite.Tests.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Scheduling;

/// <summary>A server's schedules and runs on a clock that the test moves. It can be stopped and started again on what it has stored.</summary>
internal sealed class ScheduleWorld(DateTimeOffset now) : IAsyncDisposable
{
    private static readonly WorkflowCompiler Compiler = new(
        new ActivityRegistry([.. ActivitiesRegistration.Types.Where(t => t.GetConstructor([]) is not null)], type => (Activity)Activator.CreateInstance(type)!),
        ExpressionLanguages.Default);

    private readonly Dictionary<string, CompiledWorkflow> _published = [];
    private readonly WarningLog _log = new();
    private FlowCatalog _flows = new(null!, null!);
    private RunService? _runs;
    private FlowSchedules? _schedules;

    public WatchedTime Time { get; } = new(now);
    public SignallingStore Runs { get; } = new();
    public MemoryScheduleStore Marks { get; } = new();

    /// <summary>What the schedules have warned of.</summary>
    public IReadOnlyCollection<string> Warnings => _log.Warnings;

    public static async Task<ScheduleWorld> StartAsync(string now)
    {
        var world = new ScheduleWorld(DateTimeOffset.Parse(now));
        await world.StartAgainAsync();
        return world;
    }

    public static string Timer(string interval, string more = "") => Trigger("Elsa.Timer", $$"""  "interval":{"expression":{"type":"Literal","value":"{{interval}}"} }{{more}} """);

    public static string Cron(string expression, string more = "") => Trigger("Elsa.Cron", $$"""  "cronExpression":{"expression":{"type":"Literal","value":"{{expression}}"} }{{more}} """);

    public static string StartAt(string time, string more = "") => Trigger("Elsa.StartAt", $$"""  "dateTime":{"expression":{"type":"Literal","value":"{{time}}"} }{{more}} """);

    /// <summary>A time as runs tell theirs.</summary>
    public static string Z(DateTimeOffset time) => JsonSerializer.Serialize(time.UtcDateTime).Trim('"');

    private static string Trigger(string type, string settings) =>
        $$"""{"id":"tick","type":"{{type}}","customProperties":{"canStartWorkflow":true},{{settings}} }""";

    /// <exception cref="InvalidDefinitionException">It can't be published.</exception>
    public void Publish(string trigger, string flow = "flow")
    {
        _published[flow] = Compiler.Compile(new WorkflowDefinition
        {
            Id = $"{flow}-{_published.Count}",
            DefinitionId = flow,
            Version = 1,
            IsLatest = true,
            IsPublished = true,
            CreatedAt = default,
            Document = JsonElement.Parse($$"""{"root":{"id":"root","type":"Elsa.Flowchart","activities":[{{trigger}}],"connections":[]} }"""),
        });
        PublishAll();
    }

    public void Retract(string flow = "flow")
    {
        _published.Remove(flow);
        _flows.Retract(flow);
    }

    public async Task StartAgainAsync()
    {
        _flows = new FlowCatalog(null!, null!);
        PublishAll();
        var options = new EngineOptions { StoreRetryDelay = TimeSpan.FromMilliseconds(1) };
        _runs = new RunService(Runs, _flows, new PendingResponses(), Time, options, NullLogger<RunService>.Instance);
        _schedules = new FlowSchedules(_flows, _runs, Runs, Marks, Time, options, _log);
        await _runs.StartAsync();
        _schedules.Start();
    }

    public async Task StopAsync()
    {
        await _schedules!.StopAsync();
        await _runs!.StopAsync(CancellationToken.None);
        _schedules.Dispose();
        _runs.Dispose();
        _runs = null;
    }

    /// <summary>The clock moves on, and everything that is due by then is dealt with.</summary>
    public async Task<IReadOnlyList<string>> AdvanceAsync(TimeSpan by, string flow = "flow")
    {
        Time.Advance(by);
        return await SettleAsync(flow);
    }

    /// <summary>Once the flow's schedule is known, nothing of it is due and no run is under way: the times of all runs that it has started, oldest first.</summary>
    public async Task<IReadOnlyList<string>> SettleAsync(string flow = "flow", bool isPublished = true)
    {
        await UntilAsync(
            async () => _schedules!.Of(flow) is var known && (known.Count > 0) == isPublished && !known.Any(s => s.Next <= Time.GetUtcNow())
                && (await Runs.ListRunsAsync(null, RunStatus.Running, null, 1)).Count == 0,
            TimeSpan.FromTicks(1));
        return await TimesAsync(flow);
    }

    /// <summary>Looks each time that something goes to sleep on the test's clock, as the schedules do when they have done what there was to do.</summary>
    /// <param name="step">How far the clock moves on each time.</param>
    public async Task UntilAsync(Func<ValueTask<bool>> condition, TimeSpan step)
    {
        for (var asleep = Time.NextTimer; !await condition(); asleep = Time.NextTimer)
        {
            // Awake, should they have begun their sleep by a clock that was moved at that moment.
            _flows.Retract("nobody's");
            Time.Advance(step);
            await asleep.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public async Task<IReadOnlyList<string>> TimesAsync(string flow = "flow")
    {
        var times = new List<string>();
        foreach (var run in await Runs.ListRunsAsync(flow, null, null, 100_000))
        {
            var stored = (await Runs.LoadAsync(run.RunId, wholeJournal: true))!;
            var started = (RunStarted)RunJournal.Read(stored.Batches[0], stored.Values)[0];
            times.Add(started.Trigger!.Value.GetProperty("scheduledTime").GetString()!);
        }

        times.Sort(StringComparer.Ordinal);
        return times;
    }

    public ScheduledStart Schedule(string flow = "flow") => _schedules!.Of(flow).Single();

    public async ValueTask DisposeAsync()
    {
        if (_runs is not null)
        {
            await StopAsync();
        }
    }

    private void PublishAll()
    {
        foreach (var (flow, workflow) in _published)
        {
            if (_flows.Find(flow)?.Workflow != workflow)
            {
                _flows.Publish(workflow, new FlowSecrets(flow, "", "", new Dictionary<string, string>()));
            }
        }
    }
}

/// <summary>A clock that the test moves, and that tells who begins to sleep by it.</summary>
internal sealed class WatchedTime(DateTimeOffset now) : FakeTimeProvider(now)
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the next timer is made.</summary>
    public Task NextTimer => Volatile.Read(ref _next).Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        return timer;
    }
}

internal sealed class MemoryScheduleStore : IScheduleStore
{
    private readonly Dictionary<(string, string), ScheduleMark> _marks = [];

    /// <summary>The server dies here.</summary>
    public bool Refuses { get; set; }

    public ValueTask<IReadOnlyList<ScheduleMark>> ListAsync() => new([.. _marks.Values]);

    public ValueTask SaveAsync(ScheduleMark mark)
    {
        if (Refuses)
        {
            throw new StoreUnavailableException("refused");
        }

        _marks[(mark.DefinitionId, mark.Activity)] = mark;
        return default;
    }

    public ValueTask DeleteAsync(string definitionId, string activity)
    {
        _marks.Remove((definitionId, activity));
        return default;
    }
}

internal sealed class WarningLog : ILogger<FlowSchedules>
{
    public ConcurrentQueue<string> Warnings { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Warnings.Enqueue(formatter(state, exception));
        }
    }
}
