using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Flows as files: one as JSON, several in a zip. Neither keys nor URLs of triggers are ever in them.</summary>
internal static class DefinitionFiles
{
    public static void MapDefinitionFiles(this RouteGroupBuilder api)
    {
        var definitions = api.MapGroup("/workflow-definitions");
        definitions.MapMethods("/{definitionId}/export", [HttpMethods.Get, HttpMethods.Post], ExportAsync);
        definitions.MapPost("/import", ImportAsync);
        definitions.MapPut("/import", ImportAsync);
        definitions.MapPut("/{definitionId}/import", ImportOverAsync);
        definitions.MapPost("/import-files", ImportFilesAsync);
        api.MapPost("/bulk-actions/export/workflow-definitions", BulkExportAsync);
    }

    /// <summary>
    /// Query <c>versionOptions</c>; those of which there may be several versions give a zip. So does <c>includeConsumingWorkflows</c>, if there are any.
    /// </summary>
    private static async Task<IResult> ExportAsync(
        string definitionId, HttpRequest request, IDefinitionStore store, DefinitionConsumers consumers, DefinitionAnswers answers)
    {
        if (!VersionOptions.TryParse(request.Query["versionOptions"], out var version))
        {
            return DefinitionQueries.NoSuchVersionOptions(request);
        }

        var isWithConsumers = bool.TryParse(request.Query["includeConsumingWorkflows"], out var asked) && asked;
        if (version.Kind == VersionKind.AllVersions && !string.IsNullOrEmpty(request.Query["versionOptions"]))
        {
            var versions = (await store.ListAsync(new DefinitionQuery(version, DefinitionIds: [definitionId], OrderBy: "Version"))).Items;
            return Zip(isWithConsumers ? await consumers.WithConsumersAsync(versions) : versions, answers);
        }

        var one = version.Kind == VersionKind.AllVersions ? VersionOptions.Latest : version;
        if (await store.FindAsync(definitionId, one) is not { } definition)
        {
            return Results.NotFound();
        }

        return isWithConsumers && await consumers.WithConsumersAsync([definition]) is { Count: > 1 } several
            ? Zip(several, answers)
            : Results.File(DefinitionArchive.File(definition, answers), "application/octet-stream", DefinitionArchive.FileName(definition));
    }

    /// <summary>Body <c>{"ids":[version ids],"includeConsumingWorkflows":false}</c>.</summary>
    private static async Task<IResult> BulkExportAsync(HttpContext context, IDefinitionStore store, DefinitionConsumers consumers, DefinitionAnswers answers)
    {
        var (ids, refusal, body) = await DefinitionBodies.ReadIdsAndMoreAsync(context, "ids");
        if (refusal is not null)
        {
            return refusal;
        }

        var chosen = (await store.ListAsync(new DefinitionQuery(default, Ids: ids))).Items;
        var isWithConsumers = JsonValues.TryGetMember(body, "includeConsumingWorkflows", out var asked) && asked.ValueKind == JsonValueKind.True;
        return Zip(isWithConsumers ? await consumers.WithConsumersAsync(chosen) : chosen, answers);
    }

    private static IResult Zip(IReadOnlyList<WorkflowDefinition> definitions, DefinitionAnswers answers) => definitions.Count == 0
        ? Results.NotFound()
        : Results.File(DefinitionArchive.Zip(definitions, answers), "application/octet-stream", "workflow-definitions.zip");

    /// <summary>Body: a definition as it was exported here or by Elsa. It becomes the draft of the flow that it names, or a new flow.</summary>
    private static async Task<IResult> ImportAsync(HttpContext context, DefinitionService definitions, StudioDocuments studio, DefinitionAnswers answers)
    {
        var body = await DefinitionBodies.ReadAsync(context);
        return body.Refusal ?? await KeepAsync(body.Json, definitions, studio, answers);
    }

    private static async Task<IResult> ImportOverAsync(string definitionId, HttpContext context, DefinitionService definitions, StudioDocuments studio, DefinitionAnswers answers)
    {
        var body = await DefinitionBodies.ReadAsync(context);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var document = body.Json.ValueKind == JsonValueKind.Object ? WithId(body.Json, definitionId) : body.Json;
        return await KeepAsync(document, definitions, studio, answers);
    }

    private static async Task<IResult> KeepAsync(JsonElement file, DefinitionService definitions, StudioDocuments studio, DefinitionAnswers answers)
    {
        var document = studio.FromStudio(file);
        return DefinitionShape.CheckFile(document) is { Count: > 0 } problems
            ? ElsaErrors.Invalid(problems)
            : answers.One(await definitions.SaveAsync(document));
    }

    /// <summary>A multipart form of JSON and zip files. They are all read before any is saved; gives <c>{"count":n}</c>.</summary>
    private static async Task<IResult> ImportFilesAsync(HttpContext context, DefinitionService definitions, StudioDocuments studio)
    {
        if (!context.Request.HasFormContentType)
        {
            return NoFiles();
        }

        IFormFileCollection files;
        try
        {
            files = (await context.Request.ReadFormAsync(context.RequestAborted)).Files;
        }
        catch (Exception e) when (e is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, $"The form can't be read: {e.Message}");
        }

        var documents = new List<JsonElement>();
        foreach (var file in files)
        {
            await using var stream = file.OpenReadStream();
            documents.AddRange((await DefinitionArchive.ReadAsync(stream, file.FileName)).Select(studio.FromStudio));
        }

        if (documents.Count == 0)
        {
            return NoFiles();
        }

        var problems = documents.SelectMany(DefinitionShape.CheckFile).ToList();
        if (problems.Count > 0)
        {
            return ElsaErrors.Invalid(problems);
        }

        foreach (var document in documents)
        {
            await definitions.SaveAsync(document);
        }

        return Results.Json(new { count = documents.Count });
    }

    private static IResult NoFiles() => ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The body is a form with JSON or zip files.");

    private static JsonElement WithId(JsonElement document, string definitionId) => JsonValues.Object(json =>
    {
        json.WriteString("definitionId", definitionId);
        foreach (var member in document.EnumerateObject().Where(m => m.Name != "definitionId"))
        {
            member.WriteTo(json);
        }
    });
}
