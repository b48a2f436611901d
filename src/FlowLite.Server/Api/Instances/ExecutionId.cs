namespace FlowLite.Server.Api.Instances;

/// <summary>The id of an activity's execution in the API. The engine's own is the same in each run of a flow, so the run's stands before it.</summary>
internal static class ExecutionId
{
    public static string Of(Guid runId, Guid instance) => $"{runId:N}-{instance:N}";

    /// <summary>That of the workflow itself.</summary>
    public static string OfRun(Guid runId) => Of(runId, Guid.Empty);

    /// <param name="instance">Empty: the workflow itself.</param>
    public static bool TryParse(string? text, out Guid runId, out Guid instance)
    {
        (runId, instance) = (Guid.Empty, Guid.Empty);
        return text?.Split('-') is [{ } run, { } activity] && Guid.TryParseExact(run, "N", out runId) && Guid.TryParseExact(activity, "N", out instance);
    }
}
