using FlowLite.Server.Api.Descriptors;
using Microsoft.AspNetCore.Routing.Template;

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
        api.MapFallback("{**path}", Missing).ExcludeFromDescription();
        return api;
    }

    /// <summary>405 where there is something for another method, else 404.</summary>
    private static IResult Missing(HttpContext context, EndpointDataSource endpoints)
    {
        var methods = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is not null && IsAt(endpoint, context.Request.Path))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            .Distinct().Order(StringComparer.Ordinal).ToList();
        if (methods.Count == 0)
        {
            return Results.NotFound();
        }

        context.Response.Headers.Allow = string.Join(", ", methods);
        return Results.StatusCode(StatusCodes.Status405MethodNotAllowed);
    }

    private static bool IsAt(RouteEndpoint endpoint, PathString path) =>
        new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), []).TryMatch(path, []);
}
