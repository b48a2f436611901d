namespace FlowLite.Engine.Runs;

/// <summary>
/// Which runs may be under way at once (Elsa's activation strategies); decided by the store in the transaction that would start the run. Under way is
/// what is Running or Suspended. Without a correlation id a run has nothing in common with any other.
/// </summary>
public enum RunActivation
{
    Always,
    /// <summary>One of the flow.</summary>
    Singleton,
    /// <summary>One of the flow with the same correlation id.</summary>
    CorrelatedSingleton,
    /// <summary>One with the same correlation id, of whatever flow.</summary>
    Correlation,
}

public static class RunActivations
{
    /// <summary>By the names of Elsa's classes.</summary>
    public static IReadOnlyDictionary<string, RunActivation> ByName { get; } = new Dictionary<string, RunActivation>
    {
        ["AllowAlwaysStrategy"] = RunActivation.Always,
        ["SingletonStrategy"] = RunActivation.Singleton,
        ["CorrelatedSingletonStrategy"] = RunActivation.CorrelatedSingleton,
        ["CorrelationStrategy"] = RunActivation.Correlation,
    };
}

/// <summary>The flow's activation strategy lets no further run start now. Nothing was kept.</summary>
public sealed class RunRefusedException(string definitionId, RunActivation activation) : Exception(Describe(definitionId, activation))
{
    public const string Code = "WorkflowActivationRefused";

    internal static RunFailure Failure(string definitionId, RunActivation activation) => new(Code, Describe(definitionId, activation));

    private static string Describe(string definitionId, RunActivation activation) => activation switch
    {
        RunActivation.Singleton => $"A run of the workflow '{definitionId}' is under way, and its activation strategy allows one at a time.",
        RunActivation.CorrelatedSingleton => $"A run of the workflow '{definitionId}' with this correlation id is under way, and its activation strategy allows one at a time.",
        _ => $"A run with this correlation id is under way, and the activation strategy of the workflow '{definitionId}' allows none beside it.",
    };
}
