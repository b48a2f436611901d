using FlowLite.Server.Api.Descriptors;

namespace FlowLite.Server.Api;

/// <summary>What the Studio asks besides flows and runs.</summary>
internal static class StudioApi
{
    public static RouteGroupBuilder MapStudioApi(this RouteGroupBuilder api)
    {
        api.MapDescriptorsApi();
        api.MapFeaturesApi();
        return api;
    }
}
