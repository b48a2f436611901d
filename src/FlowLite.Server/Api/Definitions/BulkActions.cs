using FlowLite.Engine.Definitions;
using FlowLite.Server.Triggers;

namespace FlowLite.Server.Api.Definitions;

/// <summary>What is done to many flows at once. One that can't be done doesn't keep the others from being done.</summary>
internal static class BulkActions
{
    public static void MapBulkActions(this RouteGroupBuilder api)
    {
        var bulk = api.MapGroup("/bulk-actions");
        bulk.MapPost("/delete/workflow-definitions/by-definition-id", DeleteAsync);
        bulk.MapPost("/delete/workflow-definitions/by-id", DeleteVersionsAsync);
        bulk.MapPost("/publish/workflow-definitions/by-definition-ids", PublishAsync);
        bulk.MapPost("/retract/workflow-definitions/by-definition-ids", RetractAsync);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, DefinitionService definitions, TriggerCatalog triggers)
    {
        var (ids, refusal) = await DefinitionBodies.ReadIdsAsync(context, "definitionIds");
        var deleted = 0;
        foreach (var id in ids)
        {
            deleted += await definitions.DeleteAsync(id) ? 1 : 0;
            triggers.Forget(id);
        }

        return refusal ?? Results.Json(new { deleted });
    }

    private static async Task<IResult> DeleteVersionsAsync(HttpContext context, DefinitionService definitions, TriggerCatalog triggers)
    {
        var (ids, refusal) = await DefinitionBodies.ReadIdsAsync(context, "ids");
        var deleted = 0;
        foreach (var id in ids)
        {
            deleted += await DefinitionWrites.TryDeleteAsync(id, definitions, triggers) ? 1 : 0;
        }

        return refusal ?? Results.Json(new { deleted });
    }

    /// <summary>Those that can't run are <c>failed</c>, and <c>warnings</c> tells why, by definition id.</summary>
    private static async Task<IResult> PublishAsync(HttpContext context, DefinitionService definitions)
    {
        var (ids, refusal) = await DefinitionBodies.ReadIdsAsync(context, "definitionIds");
        var (published, alreadyPublished, notFound, failed) = (new List<string>(), new List<string>(), new List<string>(), new List<string>());
        var warnings = new Dictionary<string, IEnumerable<string>>();
        foreach (var id in ids)
        {
            try
            {
                if (await definitions.PublishAsync(id) is not { } done)
                {
                    notFound.Add(id);
                    continue;
                }

                (done.AlreadyPublished ? alreadyPublished : published).Add(id);
                if (done.Warnings.Count > 0)
                {
                    warnings[id] = done.Warnings.Select(ElsaErrors.Say);
                }
            }
            catch (InvalidDefinitionException e)
            {
                failed.Add(id);
                warnings[id] = e.Problems.Select(ElsaErrors.Say);
            }
        }

        return refusal ?? Results.Json(new
        {
            published,
            alreadyPublished,
            notFound,
            skipped = Array.Empty<string>(),
            updatedConsumers = Array.Empty<string>(),
            failed,
            warnings,
        });
    }

    private static async Task<IResult> RetractAsync(HttpContext context, DefinitionService definitions, TriggerCatalog triggers)
    {
        var (ids, refusal) = await DefinitionBodies.ReadIdsAsync(context, "definitionIds");
        var (retracted, alreadyRetracted, notFound) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var id in ids)
        {
            var done = await definitions.RetractAsync(id);
            triggers.Forget(id);
            (done is null ? notFound : done.WasPublished ? retracted : alreadyRetracted).Add(id);
        }

        return refusal ?? Results.Json(new { retracted, alreadyRetracted, skipped = Array.Empty<string>(), notPublished = Array.Empty<string>(), notFound });
    }
}
