using FlowLite.Engine.Definitions;
using FlowLite.Engine.Scheduling;

namespace FlowLite.Persistence.Catalogue;

internal sealed class DefinitionRow
{
    public required string Id { get; init; }
    public required string DefinitionId { get; set; }
    public required int Version { get; set; }
    public required bool IsLatest { get; set; }
    public required bool IsPublished { get; set; }
    public required bool IsFrozen { get; set; }
    public required bool IsHidden { get; set; }
    public required string? Name { get; set; }
    public required string? Description { get; set; }
    /// <summary>UTC ticks.</summary>
    public required long CreatedAt { get; set; }
    /// <summary>What a search looks at, in lower case: SQLite's own LIKE and lower() know ASCII only.</summary>
    public required string Search { get; set; }
    public required string Document { get; set; }

    public static string SearchText(params string?[] texts) => string.Join('\n', texts).ToLowerInvariant();

    public static DefinitionRow From(WorkflowDefinition definition) => new()
    {
        Id = definition.Id,
        DefinitionId = definition.DefinitionId,
        Version = definition.Version,
        IsLatest = definition.IsLatest,
        IsPublished = definition.IsPublished,
        IsFrozen = definition.IsFrozen,
        IsHidden = false,
        Name = definition.Name,
        Description = definition.Description,
        CreatedAt = definition.CreatedAt.UtcTicks,
        Search = SearchText(definition.Name, definition.Description, definition.DefinitionId),
        Document = definition.Document.GetRawText(),
    };

    public WorkflowDefinition ToDefinition() => new()
    {
        Id = Id,
        DefinitionId = DefinitionId,
        Version = Version,
        IsLatest = IsLatest,
        IsPublished = IsPublished,
        IsFrozen = IsFrozen,
        CreatedAt = new DateTimeOffset(CreatedAt, TimeSpan.Zero),
        Document = DefinitionJson.ReadStored(Document),
    };
}

internal sealed class FlowSecretsRow
{
    public required string DefinitionId { get; init; }
    public required string PrimaryKey { get; set; }
    public required string SecondaryKey { get; set; }
    /// <summary>A JSON object: trigger name by activity id.</summary>
    public required string Triggers { get; set; }
}

internal sealed class ImportRow
{
    public required string DefinitionId { get; init; }
    public required string FileHash { get; set; }
    public required string VersionId { get; set; }
}

internal sealed class ConnectionRow
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public required string Kind { get; set; }
    /// <summary>A JSON object of texts.</summary>
    public required string Settings { get; set; }
    /// <summary>A JSON object of texts, each encrypted.</summary>
    public required string Secrets { get; set; }
}

internal sealed class ScheduleRow
{
    public required string DefinitionId { get; init; }
    public required string Activity { get; init; }
    public required string Schedule { get; set; }
    /// <summary>UTC ticks, as are the others.</summary>
    public required long Since { get; set; }
    public required long Done { get; set; }
    public required long? LastRun { get; set; }

    public static ScheduleRow From(ScheduleMark mark) => new()
    {
        DefinitionId = mark.DefinitionId,
        Activity = mark.Activity,
        Schedule = mark.Schedule,
        Since = mark.Since.UtcTicks,
        Done = mark.Done.UtcTicks,
        LastRun = mark.LastRun?.UtcTicks,
    };

    public ScheduleMark ToMark() => new(DefinitionId, Activity, Schedule, Time(Since), Time(Done), LastRun is { } run ? Time(run) : null);

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}
