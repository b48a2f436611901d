namespace FlowLite.Engine.Scheduling;

/// <summary>How far a schedule has come: in SQLite in the server, in memory in tests.</summary>
/// <param name="Activity">The trigger's id.</param>
/// <param name="Schedule"><see cref="ScheduledTrigger.Schedule"/>; another one begins anew.</param>
/// <param name="Since">Since when the published flow has it.</param>
/// <param name="Done">Every time up to this one, itself included, is dealt with.</param>
/// <param name="LastRun">The time of the last run that it started.</param>
public sealed record ScheduleMark(string DefinitionId, string Activity, string Schedule, DateTimeOffset Since, DateTimeOffset Done, DateTimeOffset? LastRun = null);

public interface IScheduleStore
{
    ValueTask<IReadOnlyList<ScheduleMark>> ListAsync();

    /// <summary>Inserts or replaces it; completes once it is durable.</summary>
    /// <exception cref="Runs.StoreUnavailableException">It can't be written now.</exception>
    ValueTask SaveAsync(ScheduleMark mark);

    /// <exception cref="Runs.StoreUnavailableException">It can't be written now.</exception>
    ValueTask DeleteAsync(string definitionId, string activity);
}
