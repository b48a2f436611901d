using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Replay;

/// <summary>What became of a run's activities, read from its journal.</summary>
internal sealed class ReplayTrace
{
    private readonly CompiledWorkflow _workflow;
    private readonly Dictionary<Guid, Step> _steps = [];
    private readonly HashSet<Guid> _containers = [];
    private readonly List<string> _log = [];

    private ReplayTrace(CompiledWorkflow workflow) => _workflow = workflow;

    public IReadOnlyList<string> Log => _log;

    public static ReplayTrace Read(CompiledWorkflow workflow, Guid runId, IEnumerable<RunEvent> events)
    {
        var trace = new ReplayTrace(workflow);
        var state = new RunState { RunId = runId };
        foreach (var @event in events)
        {
            RunDecider.Apply(workflow, state, @event);
            trace.Add(@event);
            trace.AddScheduled(state);
            trace.EndContainers(state);
        }

        trace.EndOthers(state);

        return trace;
    }

    /// <summary>The name, and in loops the items' indices: <c>Create a new record[2][0]</c>.</summary>
    /// <param name="itemPath">The engine's form, <c>2/0</c>; null outside of loops.</param>
    public static string Key(string name, string? itemPath) =>
        itemPath is null ? name : $"{name}[{itemPath.Replace("/", "][", StringComparison.Ordinal)}]";

    /// <summary><c>{"status","attempts","outputs","error"}</c> by key, of the last execution where a loop of connections came by several times.</summary>
    public Dictionary<string, JsonElement> Activities()
    {
        var activities = new Dictionary<string, JsonElement>();
        foreach (var step in _steps.Values)
        {
            activities[step.Key] = step.ToJson();
        }

        return activities;
    }

    private void Add(RunEvent @event)
    {
        if (@event is not ActivityEvent activity || !_steps.TryGetValue(activity.Instance, out var step))
        {
            return;
        }

        switch (activity)
        {
            case ActivityCompleted completed:
                step.End(Step.Succeeded, completed.Outputs, null);
                _log.AddRange(completed.Log ?? []);
                break;
            case ActivityFailed failed:
                step.End(failed is { RetryAt: null, NeedsDecision: false } ? Step.Failed : Step.Waiting, null, failed.Failure);
                break;
            case ActivitySuspended:
                step.Status = Step.Waiting;
                break;
            case TimerFired:
                step.Status = Step.Running;
                break;
        }
    }

    private void AddScheduled(RunState state)
    {
        foreach (var instance in state.Instances.Values.Where(i => !_steps.ContainsKey(i.Id)))
        {
            var node = _workflow.Node(instance.Activity);
            _steps.Add(instance.Id, new Step(Key(node.Name, instance.ItemPath)));
            if (node.Activity is Container)
            {
                _containers.Add(instance.Id);
            }
        }
    }

    // A container ends without an event of its own: when its last child has, or with the run.
    private void EndContainers(RunState state)
    {
        foreach (var id in _containers.Where(id => !state.Instances.ContainsKey(id)).ToList())
        {
            _containers.Remove(id);
            if (_steps[id].Status == Step.Running)
            {
                _steps[id].Status = state.Status switch
                {
                    RunStatus.Faulted => Step.Failed,
                    RunStatus.Cancelled => Step.Cancelled,
                    _ => Step.Succeeded,
                };
            }
        }
    }

    // What was under way when the run ended.
    private void EndOthers(RunState state)
    {
        foreach (var step in _steps.Values.Where(s => state.IsOver && s.Status is (Step.Running or Step.Waiting)))
        {
            step.Status = Step.Cancelled;
        }
    }

    private sealed class Step(string key)
    {
        public const string Succeeded = "Succeeded";
        public const string Failed = "Failed";
        public const string Running = "Running";
        public const string Waiting = "Waiting";
        public const string Cancelled = "Cancelled";

        private int _attempts;
        private JsonElement? _outputs;
        private RunFailure? _error;

        public string Key => key;
        public string Status { get; set; } = Running;

        public void End(string status, JsonElement? outputs, RunFailure? error)
        {
            Status = status;
            _attempts++;
            (_outputs, _error) = (outputs, error);
        }

        public JsonElement ToJson() => JsonSerializer.SerializeToElement(
            new { status = Status, attempts = Math.Max(_attempts, 1), outputs = _outputs, error = _error is null ? null : new { code = _error.Code, message = _error.Message } });
    }
}
