using FlowLite.Engine.Runs;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Api.Instances;

/// <summary>Everything about runs under <c>/elsa</c>.</summary>
internal static class InstancesHosting
{
    public static void AddInstances(this IServiceCollection services)
    {
        services.AddSingleton<VersionNumbers>();
        services.AddSingleton<InstanceViews>();
        services.AddSingleton<ExecuteApi>();
        services.AddSingleton(provider => provider.GetRequiredService<RunService>().Feed);
        services.AddSingleton<InstanceWatch>();
        services.AddSingleton<IPostConfigureOptions<BearerTokenOptions>, HubTokens>();
        services.AddSignalR().AddJsonProtocol(json => json.PayloadSerializerOptions = ApiJson.Options);
    }

    public static void MapInstances(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/elsa/api");
        api.MapInstancesApi().MapInstanceActionsApi().MapExecutionsApi();
        ExecuteApi.Map(api);
        endpoints.MapHub<InstanceHub>(InstanceHub.Path);
    }
}
