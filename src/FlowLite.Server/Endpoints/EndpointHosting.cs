using FlowLite.Activities.Http;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Endpoints;

internal static class EndpointHosting
{
    public static IServiceCollection AddHttpEndpoints(this IServiceCollection services) => services
        .AddSingleton<EndpointRoutes>()
        .AddSingleton<EndpointChecks>()
        .AddSingleton<WaitingEndpoints>()
        .AddSingleton<NamedRuns>()
        .AddSingleton<EndpointServer>()
        .AddSingleton<StudioOptionsSource>((query, _) => new(query is { TypeName: "Elsa.HttpEndpoint", Property: nameof(HttpEndpoint.Path), Address: { } address }
            ? UiSpecifications.Of(UiSpecifications.SingleLine($"{address.AbsoluteUri.TrimEnd('/')}{EndpointServer.BasePath}/"))
            : null));

    /// <summary>Behind all other routes under the same path: the signed URLs of triggers are more exact, and come first.</summary>
    public static void MapHttpEndpoints(this IEndpointRouteBuilder endpoints) =>
        endpoints.Map(EndpointServer.Route, endpoints.ServiceProvider.GetRequiredService<EndpointServer>().ServeAsync).AllowAnonymous().ShortCircuit().ExcludeFromDescription();
}
