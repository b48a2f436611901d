using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Server.Studio;
using FlowLite.Server.Triggers;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Flows as they are changed.</summary>
internal static class DefinitionWrites
{
    public static void MapDefinitionWrites(this RouteGroupBuilder api)
    {
        var definitions = api.MapGroup("/workflow-definitions");
        definitions.MapPost("/", SaveAsync);
        definitions.MapPost("/{definitionId}/publish", PublishAsync);
        definitions.MapPost("/{definitionId}/retract", RetractAsync);
        definitions.MapPost("/{definitionId}/revert/{version:int}", RevertAsync);
        definitions.MapPost("/{definitionId}/update-references", UpdateReferencesAsync);
        definitions.MapDelete("/{definitionId}", DeleteAsync);
        definitions.MapDelete("/{definitionId}/version/{version:int}", DeleteVersionAsync);
        api.MapDelete("/workflow-definition-versions/{versionId}", DeleteVersionByIdAsync);
        api.MapPost("/actions/workflow-definitions/refresh", RefreshAsync);
        api.MapPost("/actions/workflow-definitions/reload", ReloadAsync);
    }

    /// <summary>Body <c>{"model":{…},"publish":true|false|null}</c>; without a definition id it makes a new flow.</summary>
    private static async Task<IResult> SaveAsync(HttpContext context, DefinitionService definitions, StudioDocuments studio, DefinitionAnswers answers, DefinitionConsumers consumers)
    {
        var body = await DefinitionBodies.ReadAsync(context, depthAbove: 1);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var hasFlag = JsonValues.TryGetMember(body.Json, "publish", out var flag) && flag.ValueKind != JsonValueKind.Null;
        if (!JsonValues.TryGetMember(body.Json, "model", out var model) || (hasFlag && flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False)))
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The body is {\"model\":{…},\"publish\":true|false}.");
        }

        var publish = hasFlag && flag.ValueKind == JsonValueKind.True;
        var saved = await definitions.SaveAsync(studio.FromStudio(model), publish);
        return answers.Saved(saved, publish ? await consumers.CountFollowersAsync(saved.Definition) : 0);
    }

    private static async Task<IResult> PublishAsync(string definitionId, DefinitionService definitions, DefinitionAnswers answers, DefinitionConsumers consumers) =>
        await definitions.PublishAsync(definitionId) is { } published
            ? answers.Saved(published, await consumers.CountFollowersAsync(published.Definition))
            : Results.NotFound();

    /// <summary>The retracted version. 400 when nothing was published, as Elsa has it.</summary>
    private static async Task<IResult> RetractAsync(string definitionId, DefinitionService definitions, TriggerCatalog triggers, DefinitionAnswers answers)
    {
        if (await definitions.RetractAsync(definitionId) is not { } retracted)
        {
            return Results.NotFound();
        }

        triggers.Forget(definitionId);
        return retracted.WasPublished
            ? answers.One(retracted.Definition)
            : ElsaErrors.Refuse(StatusCodes.Status400BadRequest, $"Workflow with id {definitionId} is not published");
    }

    private static async Task<IResult> RevertAsync(string definitionId, int version, HttpContext context, DefinitionService definitions)
    {
        if (await definitions.RevertAsync(definitionId, version) is not { } draft)
        {
            return Results.NotFound();
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/elsa/api/workflow-definitions/by-id/{Uri.EscapeDataString(draft.Id)}";
        return DefinitionAnswers.Summary(draft);
    }

    /// <summary>Flows that have this one as an activity are pinned to its published version, and published again where they were. 400 when some can't be, which are drafts then.</summary>
    private static async Task<IResult> UpdateReferencesAsync(string definitionId, IDefinitionStore store, DefinitionConsumers consumers) =>
        await store.FindAsync(definitionId, VersionOptions.Latest) is null
            ? Results.NotFound()
            : Results.Json(new { affectedWorkflows = await consumers.UpdateAsync(definitionId) });

    private static async Task<IResult> DeleteAsync(string definitionId, DefinitionService definitions, TriggerCatalog triggers)
    {
        var deleted = await definitions.DeleteAsync(definitionId);
        triggers.Forget(definitionId);
        return deleted ? Results.NoContent() : Results.NotFound();
    }

    private static async Task<IResult> DeleteVersionAsync(string definitionId, int version, IDefinitionStore store, DefinitionService definitions, TriggerCatalog triggers) =>
        await store.FindAsync(definitionId, new VersionOptions(VersionKind.Number, version)) is { } found && await TryDeleteAsync(found.Id, definitions, triggers)
            ? Results.Ok()
            : Results.NotFound();

    private static async Task<IResult> DeleteVersionByIdAsync(string versionId, DefinitionService definitions, TriggerCatalog triggers) =>
        await TryDeleteAsync(versionId, definitions, triggers) ? Results.NoContent() : Results.NotFound();

    public static async Task<bool> TryDeleteAsync(string versionId, DefinitionService definitions, TriggerCatalog triggers)
    {
        if (await definitions.DeleteVersionAsync(versionId) is not { } definitionId)
        {
            return false;
        }

        triggers.Forget(definitionId);
        return true;
    }

    /// <summary>Body <c>{"definitionIds":[…]}</c>, or none for all flows: takes what is published from the store again.</summary>
    private static async Task<IResult> RefreshAsync(HttpContext context, FlowCatalog catalog, IDefinitionStore store, DefinitionService definitions, TriggerCatalog triggers)
    {
        var body = context.Request.ContentLength > 0 ? await DefinitionBodies.ReadAsync(context) : default;
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var ids = JsonValues.TryGetMember(body.Json, "definitionIds", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(id => id.ValueKind == JsonValueKind.String).Select(id => id.GetString()!)
            : await EveryFlowAsync(catalog, store);
        var refreshed = new List<string>();
        var notFound = new List<string>();
        foreach (var id in ids.Distinct())
        {
            (await definitions.RefreshAsync(id) ? refreshed : notFound).Add(id);
            triggers.Forget(id);
        }

        return Results.Json(new { refreshed, notFound });
    }

    private static async Task<IResult> ReloadAsync(FlowCatalog catalog, IDefinitionStore store, DefinitionService definitions, TriggerCatalog triggers)
    {
        foreach (var id in await EveryFlowAsync(catalog, store))
        {
            await definitions.RefreshAsync(id);
            triggers.Forget(id);
        }

        return Results.Ok();
    }

    private static async Task<IEnumerable<string>> EveryFlowAsync(FlowCatalog catalog, IDefinitionStore store) =>
        (await store.ListAsync(new DefinitionQuery(VersionOptions.Published))).Items.Select(d => d.DefinitionId)
            .Union(catalog.Published.Select(f => f.Definition.DefinitionId))
            .ToList();
}
