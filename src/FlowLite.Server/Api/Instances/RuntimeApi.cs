using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>What Elsa tells of its runtime, as far as there is such a thing here.</summary>
internal static class RuntimeApi
{
    // This life of the server; told so that a client sees that it was restarted.
    private sealed record Generation(string Id);

    public static void AddRuntimeApi(this IServiceCollection services) =>
        services.AddSingleton(provider => new Generation(Guid.CreateVersion7(provider.GetRequiredService<TimeProvider>().GetUtcNow()).ToString("N")));

    public static RouteGroupBuilder MapRuntimeApi(this RouteGroupBuilder api)
    {
        api.MapGet("/admin/workflow-runtime/status", static (RunService runs, Generation generation) => InstancesApi.Json(new
        {
            state = new { reason = "None", isAcceptingNewWork = true, generationId = generation.Id },
            sources = new[] { new { name = "http.trigger", state = "Running" }, new { name = "scheduling.timer", state = "Running" } },
            activeExecutionCycleCount = runs.Dispatcher.ActiveRuns,
        }));
        // Events are taken up or kept in the inbox; no queue between loses any.
        api.MapGet("/bookmark-queue/dead-letters", static () => InstancesApi.Json(new InstancePageDto<object>([], 0)));
        return api;
    }
}
