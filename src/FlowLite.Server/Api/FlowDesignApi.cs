using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Schema;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Hosting;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Api;

/// <summary>What a designer needs beside the Studio: dynamic content, the flow's triggers and a payload to try them with.</summary>
internal static class FlowDesignApi
{
    public static void MapFlowDesignApi(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/flows/{definitionId}");
        group.MapGet("/dynamic-content", DynamicContentAsync);
        group.MapGet("/triggers", TriggersAsync);
        group.MapGet("/triggers/{trigger}/test-lead", TestLeadAsync);
    }

    /// <summary>Of the latest version, draft or not; query <c>activityId</c>. Gives <c>{groups:[{title, kind, activityId?, items:[{title, path, expression, type, description?}]}]}</c>.</summary>
    private static async Task<IResult> DynamicContentAsync(string definitionId, string? activityId, IDefinitionStore store, DynamicContent content) =>
        await store.FindAsync(definitionId, VersionOptions.Latest) is { } flow
            ? Results.Json(new ContentDto(content.Of(flow.Document, activityId)), ApiJson.Options)
            : NotFound(definitionId);

    /// <summary>
    /// The request triggers of the latest version and the HTTP endpoints of the published one. Gives
    /// <c>{value:[{name?, activityId, title, method, hasSchema, isPublished}], endpoints?:[{activityId, methods, path, isOpen}]}</c>;
    /// without a name a trigger has no URL yet. Anybody may call an open endpoint.
    /// </summary>
    private static async Task<IResult> TriggersAsync(string definitionId, IDefinitionStore store, FlowCatalog flows, EndpointRoutes routes, FlowLiteOptions options)
    {
        if (await store.FindAsync(definitionId, VersionOptions.Latest) is not { } latest)
        {
            return NotFound(definitionId);
        }

        var names = (await store.FindSecretsAsync(definitionId))?.Triggers;
        var published = flows.Find(definitionId);
        var triggers = RequestTriggers(latest)
            .Select(t => new TriggerDto(
                names?.GetValueOrDefault(t.Id), t.Id, t.Title, Method(t), DynamicContent.Schema(t) is not null,
                published?.Workflow?.Nodes.ContainsKey(t.Id) == true))
            .ToList();
        var endpoints = (published is null || !options.ServesEndpoints ? [] : routes.Of(published))
            .Select(e => new EndpointDto(e.Node.Id, e.Settings.Methods, EndpointServer.BasePath + e.Settings.Path, !e.Settings.Authorize))
            .ToList();
        return Results.Json(new TriggersDto(triggers, endpoints.Count > 0 ? endpoints : null), ApiJson.Options);
    }

    /// <summary>
    /// A payload for the trigger's URL, from the schema of the published version, which is the one that the URL starts.
    /// Gives <c>{value, errors:[{path, message}]}</c>.
    /// </summary>
    private static async Task<IResult> TestLeadAsync(string definitionId, string trigger, IDefinitionStore store)
    {
        var version = await store.FindAsync(definitionId, VersionOptions.Published) ?? await store.FindAsync(definitionId, VersionOptions.Latest);
        if (version is null)
        {
            return NotFound(definitionId);
        }

        var names = (await store.FindSecretsAsync(definitionId))?.Triggers;
        if (RequestTriggers(version).FirstOrDefault(t => names?.GetValueOrDefault(t.Id) == trigger || t.Id == trigger) is not { } found)
        {
            return FlowErrors.NotFound("TriggerNotFound", $"The workflow '{definitionId}' trigger '{trigger}' could not be found.");
        }

        try
        {
            var sample = SampleFromSchema.Create(DynamicContent.Schema(found) ?? AnyLead);
            return new JsonResult(writer => SchemaApi.Write(writer, sample));
        }
        catch (JsonSchemaException e)
        {
            return FlowErrors.BadRequest("InvalidSchema", $"The trigger's schema is not valid draft-04 at '{e.Path}': {e.Message}");
        }
    }

    // Without a schema anything goes; the marketplace's own fields are the best guess.
    internal static readonly JsonElement AnyLead = JsonElement.Parse("""
        {"type":"object","properties":{
          "UserDetails":{"type":"object","properties":{
            "FirstName":{"type":"string"},"LastName":{"type":"string"},"Email":{"type":"string"},"Phone":{"type":"string"},
            "Country":{"type":"string"},"Company":{"type":"string"},"Title":{"type":"string"}}},
          "LeadSource":{"type":"string"},"ActionCode":{"type":"string"},"OfferTitle":{"type":"string"},"Description":{"type":"string"}}}
        """);

    private static IEnumerable<FlowGraphNode> RequestTriggers(WorkflowDefinition version) =>
        FlowGraph.Of(version.Document).Nodes.Where(n => n.Type == "FlowLite.HttpRequest");

    private static string Method(FlowGraphNode trigger) =>
        trigger.Input("method") is { ValueKind: JsonValueKind.String } method && method.GetString() is { Length: > 0 } text ? text.ToUpperInvariant() : HttpMethods.Post;

    private static IResult NotFound(string definitionId) =>
        FlowErrors.NotFound("WorkflowNotFound", $"The workflow '{definitionId}' could not be found.");

    private sealed record ContentDto(IReadOnlyList<ContentGroup> Groups);

    private sealed record TriggersDto(IReadOnlyList<TriggerDto> Value, IReadOnlyList<EndpointDto>? Endpoints);

    private sealed record EndpointDto(string ActivityId, IReadOnlyList<string> Methods, string Path, bool IsOpen);

    /// <param name="Name">As URLs call it; null before the first publish.</param>
    /// <param name="IsPublished">A published version starts with it.</param>
    private sealed record TriggerDto(string? Name, string ActivityId, string Title, string Method, bool HasSchema, bool IsPublished);
}
