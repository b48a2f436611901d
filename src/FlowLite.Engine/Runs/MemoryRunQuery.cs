namespace FlowLite.Engine.Runs;

/// <summary>What a <see cref="RunQuery"/> means, said over rows in memory.</summary>
internal static class MemoryRunQuery
{
    public static RunPage Page(IEnumerable<RunSummary> runs, RunQuery query)
    {
        var found = runs.Where(run => Fits(run, query)).ToList();
        var ordered = query.Descending
            ? found.OrderByDescending(run => Key(run, query.OrderBy), StringComparer.Ordinal).ThenByDescending(run => run.RunId)
            : found.OrderBy(run => Key(run, query.OrderBy), StringComparer.Ordinal).ThenBy(run => run.RunId);
        return new RunPage([.. ordered.Skip(query.Skip).Take(query.Take)], found.Count);
    }

    private static bool Fits(RunSummary run, RunQuery query) =>
        (query.DefinitionIds is null || query.DefinitionIds.Contains(run.DefinitionId))
        && (query.VersionIds is null || query.VersionIds.Contains(run.VersionId))
        && (query.Statuses is null || query.Statuses.Contains(run.Status))
        && (query.CorrelationId is null || run.ClientTrackingId == query.CorrelationId)
        && (query.HasIncidents is null || run.IncidentCount > 0 == query.HasIncidents)
        && (query.Search is null || Fits(run, query.Search))
        && query.Times.All(time => Fits(run, time));

    private static bool Fits(RunSummary run, RunSearch search) =>
        search.DefinitionIds.Contains(run.DefinitionId)
        || run.ClientTrackingId?.Contains(search.Text, StringComparison.OrdinalIgnoreCase) == true
        || (search.Ids is var (first, last) && run.RunId >= first && run.RunId <= last);

    // A run without that time fits nothing, as in SQL.
    private static bool Fits(RunSummary run, RunTimeFilter filter) => Time(run, filter.Column) is { } time && filter.Comparison switch
    {
        TimeComparison.Equal => time == filter.Time,
        TimeComparison.NotEqual => time != filter.Time,
        TimeComparison.Less => time < filter.Time,
        TimeComparison.LessOrEqual => time <= filter.Time,
        TimeComparison.Greater => time > filter.Time,
        _ => time >= filter.Time,
    };

    private static DateTimeOffset? Time(RunSummary run, RunOrder column) => column switch
    {
        RunOrder.Updated => run.UpdatedAt,
        RunOrder.Finished => run.FinishedAt,
        _ => run.StartedAt,
    };

    private static string Key(RunSummary run, RunOrder order) => order switch
    {
        RunOrder.Started => "",
        RunOrder.Flow => run.DefinitionId,
        _ => $"{Time(run, order)?.UtcTicks ?? 0:D20}",
    };
}
