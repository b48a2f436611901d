using System.Text;
using FlowLite.Engine.Definitions;
using FlowLite.Server.Studio;
using Microsoft.Net.Http.Headers;

namespace FlowLite.Server.Api;

/// <summary>What the Studio's editor of JavaScript completes.</summary>
internal static class ScriptingApi
{
    public static void MapScriptingApi(this RouteGroupBuilder api) =>
        api.MapPost("/scripting/javascript/type-definitions/{definitionId}", TypeDefinitionsAsync)
            .WithSummary("TypeScript definitions of what a script in the flow sees")
            .Produces<string>(StatusCodes.Status200OK, "application/x-typescript");

    /// <summary>The body names the activity and the input that is edited; a script sees the same in all of them. A flow that was never saved has none of its own.</summary>
    private static async Task<IResult> TypeDefinitionsAsync(string definitionId, HttpContext http, IDefinitionStore store, StudioActivities activities)
    {
        var definition = await store.FindAsync(definitionId, VersionOptions.Latest);
        var file = new ContentDispositionHeaderValue("attachment");
        file.SetHttpFileName($"elsa.{definitionId}.d.ts");
        http.Response.Headers.ContentDisposition = file.ToString();
        return Results.Text(ScriptTypes.Of(definition?.Document, activities), "application/x-typescript", Encoding.UTF8);
    }
}
