using FlowLite.Server.Api.Descriptors;

namespace FlowLite.Server.Api;

/// <summary>What the Studio asks besides flows and runs.</summary>
internal static class StudioApi
{
    public static RouteGroupBuilder MapStudioApi(this RouteGroupBuilder api)
    {
        api.MapDescriptorsApi();
        api.MapFeaturesApi();
        api.MapScriptingApi();
        api.MapSecretsApi();
        // Lowest of all: what else is below is known not to be there, by those who are signed in.
        api.MapFallback("{**path}", () => Results.NotFound()).ExcludeFromDescription();
        return api;
    }
}
