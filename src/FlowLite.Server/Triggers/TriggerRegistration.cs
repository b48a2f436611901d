using FlowLite.Server.Api;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Triggers;

public static class TriggerRegistration
{
    /// <summary>Needs Data Protection, a <see cref="TimeProvider"/>, the stores and the engine.</summary>
    public static IServiceCollection AddFlowLiteTriggers(this IServiceCollection services) => services
        .AddSingleton<SecretProtector>()
        .AddSingleton<TriggerUrls>()
        .AddSingleton<TriggerCatalog>()
        .AddSingleton<TriggerInbox>()
        .AddSingleton<TriggerEndpoint>()
        .AddSingleton<DynamicContent>();

    /// <summary>The triggers, which a signature opens, and the API of runs, inbox and callback URLs, which is behind the host's sign-in.</summary>
    public static IEndpointRouteBuilder MapFlowLiteTriggers(this IEndpointRouteBuilder endpoints)
    {
        // Its signature is all that matters: no other way to sign in is looked at.
        endpoints.Map(TriggerEndpoint.Route, endpoints.ServiceProvider.GetRequiredService<TriggerEndpoint>().ServeAsync).AllowAnonymous().ShortCircuit();
        endpoints.MapTriggersApi();
        endpoints.MapRunsApi();
        endpoints.MapInboxApi();
        endpoints.MapSignalsApi();
        endpoints.MapSchemaApi();
        endpoints.MapFlowDesignApi();
        endpoints.MapFieldMappingApi();
        endpoints.MapSchedulesApi();
        return endpoints;
    }
}
