namespace FlowLite.Server.Api.Descriptors;

/// <summary>
/// What a flow's settings let one choose. Only what has an effect here is offered; the names are those of Elsa's documents, so
/// that a flow moves both ways. When runs are committed is no choice here: always, before anything is done that depends on it.
/// </summary>
internal static class Strategies
{
    public static ItemsDto<StrategyDto> Activation { get; } = new(
    [
        new("Elsa.Workflows.ActivationValidators.AllowAlwaysStrategy, Elsa.Workflows.Core", "Always", "Each trigger starts a run, whatever else runs."),
        new("Elsa.Workflows.Runtime.ActivationValidators.CorrelatedSingletonStrategy, Elsa.Workflows.Runtime", "Correlated singleton",
            "No run starts while one of this flow with the same correlation id is under way."),
        new("Elsa.Workflows.Runtime.ActivationValidators.CorrelationStrategy, Elsa.Workflows.Runtime", "Correlation",
            "No run starts while one of any flow with the same correlation id is under way."),
        new("Elsa.Workflows.Runtime.ActivationValidators.SingletonStrategy, Elsa.Workflows.Runtime", "Singleton",
            "No run starts while one of this flow is under way. A request that is refused is kept in the inbox."),
    ]);

    public static ItemsDto<StrategyDto> Incident { get; } = new(
    [
        new("FaultStrategy", "Fault", "An activity that fails, with nothing connected to its failure, ends the run as failed."),
        new("ContinueWithIncidentsStrategy", "Continue with incidents", "What doesn't need the failed activity goes on; then the run ends as failed, with its incidents."),
    ]);

    public static ItemsDto<StrategyDto> LogPersistence { get; } = new(
    [
        new("Elsa.Workflows.LogPersistence.Strategies.Configuration, Elsa.Workflows.Core", "Configuration", "As around it; kept in the run's history when nothing else is said. The server has no setting for it."),
        new("Elsa.Workflows.LogPersistence.Strategies.Exclude, Elsa.Workflows.Core", "Exclude", "Not shown in the run's history. The run keeps it, as long as it needs it to resume."),
        new("Elsa.Workflows.LogPersistence.Strategies.Include, Elsa.Workflows.Core", "Include", "Kept in the run's history."),
        new("Elsa.Workflows.LogPersistence.Strategies.Inherit, Elsa.Workflows.Core", "Inherit", "As around it; kept in the run's history when nothing else is said."),
    ]);

    public static ItemsDto<CommitStrategyDto> Commit { get; } = new([]);

    /// <summary>All variables are kept with the run. The deprecated ones are not offered, but documents may have them.</summary>
    public static StorageDriversDto StorageDrivers { get; } = new(
    [
        new("Elsa.Workflows.WorkflowInstanceStorageDriver, Elsa.Workflows.Core", "Workflow Instance", 5, false),
        new("Elsa.Workflows.MemoryStorageDriver, Elsa.Workflows.Core", "Memory", 0, true),
        new("Elsa.Workflows.Services.WorkflowStorageDriver, Elsa.Workflows.Core", "Workflow", -1, true),
    ]);

    public static VariableTypesDto VariableTypes { get; } = new(
    [
        new("Object", "Object", "Primitives", "Any value: text, a number, a list, an object."),
        new("String", "String", "Primitives", "Text."),
        new("Boolean", "Boolean", "Primitives", "True or false."),
        new("Int32", "Int32", "Primitives", "A whole number of 32 bits."),
        new("Int64", "Int64", "Primitives", "A whole number of 64 bits."),
        new("Double", "Double", "Primitives", "A floating-point number."),
        new("Decimal", "Decimal", "Primitives", "A decimal number."),
        new("Guid", "Guid", "Primitives", "A globally unique id, as text."),
        new("DateTime", "DateTime", "Primitives", "A date and a time, as ISO 8601 text."),
        new("DateTimeOffset", "DateTimeOffset", "Primitives", "A date and a time with the distance to UTC, as ISO 8601 text."),
        new("TimeSpan", "TimeSpan", "Primitives", "A duration: 00:05:00."),
        new("StringDictionary", "StringDictionary", "Lookups", "An object whose members are texts."),
        new("ObjectDictionary", "ObjectDictionary", "Lookups", "An object with members of any kind."),
        new("JsonElement", "JsonElement", "Dynamic", "JSON."),
        new("JsonNode", "JsonNode", "Dynamic", "JSON."),
        new("JsonObject", "JsonObject", "Dynamic", "A JSON object."),
    ]);
}

internal sealed record StrategyDto(string TypeName, string DisplayName, string Description);

internal sealed record CommitStrategyDto(string Name, string DisplayName, string Description);

internal sealed record StorageDriverDto(string TypeName, string DisplayName, float Priority, bool Deprecated);

internal sealed record StorageDriversDto(IReadOnlyList<StorageDriverDto> Items);

internal sealed record VariableTypeDto(string TypeName, string DisplayName, string Category, string Description);

internal sealed record VariableTypesDto(IReadOnlyList<VariableTypeDto> Items);

internal sealed record OutputConverterDto(string Id, string SourceTypeName, string ResultTypeName, string DisplayName, string Description);
