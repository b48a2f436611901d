namespace FlowLite.Server.Api.Instances;

/// <summary>Everything about runs under <c>/elsa</c>.</summary>
internal static class InstancesHosting
{
    public static void AddInstances(this IServiceCollection services)
    {
        services.AddSingleton<VersionNumbers>();
        services.AddSingleton<InstanceViews>();
        services.AddSingleton<ExecuteApi>();
    }

    public static void MapInstances(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/elsa/api");
        api.MapInstancesApi().MapInstanceActionsApi().MapExecutionsApi();
        ExecuteApi.Map(api);
    }
}
