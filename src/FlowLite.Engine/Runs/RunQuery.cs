namespace FlowLite.Engine.Runs;

/// <summary>Which runs of all are meant, and which page of them in which order. What is null does not narrow the list.</summary>
public sealed record RunQuery
{
    public IReadOnlyList<string>? DefinitionIds { get; init; }
    public IReadOnlyList<string>? VersionIds { get; init; }
    public IReadOnlyList<RunStatus>? Statuses { get; init; }
    /// <summary>The client tracking id, exactly.</summary>
    public string? CorrelationId { get; init; }
    public bool? HasIncidents { get; init; }
    public RunSearch? Search { get; init; }
    public IReadOnlyList<RunTimeFilter> Times { get; init; } = [];
    public RunOrder OrderBy { get; init; }
    public bool Descending { get; init; } = true;
    public int Skip { get; init; }
    public required int Take { get; init; }
}

/// <summary>Runs of which one thing is so: the id begins with the text, the client tracking id contains it, or the flow is one of those.</summary>
/// <param name="DefinitionIds">Flows that the text is known to mean.</param>
public sealed record RunSearch(string Text, IReadOnlyList<string> DefinitionIds)
{
    /// <summary>The first and the last id that begin with the text; null when no id can.</summary>
    public (Guid First, Guid Last)? Ids
    {
        get
        {
            var digits = Text.Replace("-", "", StringComparison.Ordinal);
            return digits.Length is > 0 and <= 32 && digits.All(char.IsAsciiHexDigit)
                ? (Guid.ParseExact(digits.PadRight(32, '0'), "N"), Guid.ParseExact(digits.PadRight(32, 'f'), "N"))
                : null;
        }
    }
}

/// <param name="Column">Not <see cref="RunOrder.Flow"/>.</param>
public sealed record RunTimeFilter(RunOrder Column, TimeComparison Comparison, DateTimeOffset Time);

public enum TimeComparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>Runs that are equal by it are listed by their ids, in the same direction.</summary>
public enum RunOrder
{
    /// <summary>When they were accepted; the order of their ids.</summary>
    Started,
    Updated,
    /// <summary>Those that are not over come before all others.</summary>
    Finished,
    /// <summary>By the flow's id.</summary>
    Flow,
}

/// <param name="TotalCount">How many runs there are on all pages.</param>
public sealed record RunPage(IReadOnlyList<RunSummary> Items, long TotalCount);
