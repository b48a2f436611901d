using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Counts of a run's executions by activity.</summary>
internal sealed class ExecutionStats
{
    private readonly Dictionary<string, Counts> _byNode = [];

    /// <summary>Counts those that go by, and keeps none.</summary>
    public HistoryScope Scope(InstancePlaces places) => new()
    {
        Lines = static _ => false,
        Executions = action =>
        {
            if (action.Instance is not null)
            {
                Add(places.Of(action).NodeId, action);
            }

            return false;
        },
    };

    /// <summary>Of the activities that the list names, or of all that were executed.</summary>
    public IReadOnlyList<ExecutionStatsDto> Of(IReadOnlyCollection<string>? nodeIds = null) =>
        [.. (nodeIds ?? _byNode.Keys).Where(_byNode.ContainsKey).Select(node => _byNode[node].ToDto(node))];

    private void Add(string node, ActionHistory action)
    {
        if (!_byNode.TryGetValue(node, out var counts))
        {
            _byNode[node] = counts = new Counts(action.ActivityId);
        }

        counts.Add(action);
    }

    private sealed class Counts(string activityId)
    {
        private int _started, _completed, _faults;
        private bool _waits, _failed, _retried;

        public void Add(ActionHistory action)
        {
            _started++;
            _completed += action.Status == ActionHistory.Succeeded ? 1 : 0;
            _faults += ExecutionRecords.Faults(action);
            _waits |= action.Status == ActionHistory.Waiting;
            _failed |= action is { HasFailed: true, IsSilent: false };
            _retried |= action.Attempts.Count > 1;
        }

        public ExecutionStatsDto ToDto(string node) =>
            new(activityId, node, _started, _completed, _started - _completed, _waits, _failed, _faults, ExecutionRecords.Metadata(_retried));
    }
}
