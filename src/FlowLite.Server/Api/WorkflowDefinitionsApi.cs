using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Api;

/// <summary>Flows in the shapes of Elsa's REST API.</summary>
public static class WorkflowDefinitionsApi
{
    private const int LargestBody = 10 * 1024 * 1024;
    private const int LargestPage = 1000;
    private static readonly string[] Orders = ["Created", "Name", "Version"];

    public static RouteGroupBuilder MapWorkflowDefinitionsApi(this RouteGroupBuilder api)
    {
        var definitions = api.MapGroup("/workflow-definitions");
        definitions.MapGet("/", ListAsync);
        definitions.MapGet("/by-definition-id/{definitionId}", GetAsync);
        // Beyond what is accepted, so that a body that is too large is answered in Elsa's shape.
        definitions.MapPost("/", SaveAsync).WithMetadata(new RequestSizeLimitAttribute(4L * LargestBody));
        definitions.MapPost("/{definitionId}/publish", PublishAsync);
        return api;
    }

    private static async Task<IResult> ListAsync(HttpRequest request, IDefinitionStore store)
    {
        var query = request.Query;
        if (!TryVersion(query["versionOptions"], out var version)
            || !TryNumber(query["page"], out var page)
            || !TryNumber(query["pageSize"], out var pageSize)
            || !TryOneOf(query["orderBy"], Orders, out var orderBy)
            || !TryOneOf(query["orderDirection"], ["Ascending", "Descending"], out var direction))
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest,
                "versionOptions, page, pageSize, orderBy (Created, Name, Version) or orderDirection (Ascending, Descending) is not valid.");
        }

        // Nothing here is a system flow.
        if (string.Equals(query["isSystem"], "true", StringComparison.OrdinalIgnoreCase))
        {
            return Page(new DefinitionPage([], 0));
        }

        return Page(await store.ListAsync(new DefinitionQuery(
            version,
            pageSize is null ? 0 : page ?? 0,
            pageSize is { } size ? Math.Clamp(size, 1, LargestPage) : null,
            string.IsNullOrWhiteSpace(query["searchTerm"]) ? null : query["searchTerm"].ToString(),
            Values(query["definitionIds"]),
            Values(query["ids"]),
            orderBy ?? "Created",
            direction is null ? orderBy is null : direction == "Descending")));
    }

    private static async Task<IResult> GetAsync(string definitionId, HttpRequest request, IDefinitionStore store, DefinitionWriter writer)
    {
        if (!TryVersion(request.Query["versionOptions"], out var version))
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, $"There are no versionOptions '{request.Query["versionOptions"]}'.");
        }

        if (version.Kind == VersionKind.AllVersions)
        {
            version = VersionOptions.Latest;
        }

        return await store.FindAsync(definitionId, version) is { } definition
            ? new JsonResult(json => WriteOne(json, definition, writer))
            : Results.NotFound();
    }

    private static async Task<IResult> SaveAsync(HttpContext context, DefinitionService definitions, DefinitionWriter writer)
    {
        var body = await RequestJson.ReadAsync(context, LargestBody, DefinitionJson.MaxDepth + 1);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        if (!JsonValues.TryGetMember(body.Json, "model", out var model))
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The body is {\"model\":{…},\"publish\":true|false}.");
        }

        var publish = JsonValues.TryGetMember(body.Json, "publish", out var flag) && flag.ValueKind == JsonValueKind.True;
        return await AnswerAsync(async () => Saved(await definitions.SaveAsync(model, publish), writer));
    }

    private static Task<IResult> PublishAsync(string definitionId, DefinitionService definitions, DefinitionWriter writer) =>
        AnswerAsync(async () => await definitions.PublishAsync(definitionId) is { } published ? Saved(published, writer) : Results.NotFound());

    private static async Task<IResult> AnswerAsync(Func<Task<IResult>> handle)
    {
        try
        {
            return await handle();
        }
        catch (InvalidDefinitionException e)
        {
            return ElsaErrors.Invalid(e.Problems);
        }
        catch (StoreUnavailableException)
        {
            return ElsaErrors.Refuse(StatusCodes.Status503ServiceUnavailable, "The store can't be written now. Try again.");
        }
    }

    private static JsonResult Saved(PublishedDefinition saved, DefinitionWriter writer) => new(json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("workflowDefinition");
        WriteOne(json, saved.Definition, writer);
        json.WriteBoolean("alreadyPublished", saved.AlreadyPublished);
        json.WriteNumber("consumingWorkflowCount", 0);
        json.WriteStartArray("validationErrors");
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteOne(Utf8JsonWriter json, WorkflowDefinition definition, DefinitionWriter writer)
    {
        json.WriteStartObject();
        WorkflowDefinitionLinks.WriteOne(json, definition.DefinitionId);
        writer.WriteMembers(json, definition);
        json.WriteEndObject();
    }

    private static JsonResult Page(DefinitionPage page) => new(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (var definition in page.Items)
        {
            WriteSummary(json, definition);
        }

        json.WriteEndArray();
        json.WriteNumber("totalCount", page.TotalCount);
        WorkflowDefinitionLinks.WriteList(json);
        json.WriteEndObject();
    });

    private static void WriteSummary(Utf8JsonWriter json, WorkflowDefinition definition)
    {
        json.WriteStartObject();
        WorkflowDefinitionLinks.WriteOne(json, definition.DefinitionId);
        json.WriteString("id", definition.Id);
        json.WriteString("definitionId", definition.DefinitionId);
        json.WriteString("name", definition.Name);
        json.WriteString("description", definition.Description);
        json.WriteNumber("version", definition.Version);
        json.WriteString("toolVersion", DefinitionWriter.ToolVersion);
        json.WriteBoolean("isLatest", definition.IsLatest);
        json.WriteBoolean("isPublished", definition.IsPublished);
        json.WriteBoolean("isReadonly", false);
        json.WriteString("materializerName", "Json");
        json.WriteBoolean("isMaterializerAvailable", true);
        json.WriteString("createdAt", definition.CreatedAt.ToString("O", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static bool TryVersion(string? text, out VersionOptions version) => VersionOptions.TryParse(text, out version);

    private static bool TryNumber(string? text, out int? number)
    {
        number = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        number = value;
        return isNumber;
    }

    private static bool TryOneOf(string? text, string[] known, out string? value)
    {
        value = known.FirstOrDefault(k => string.Equals(k, text, StringComparison.OrdinalIgnoreCase));
        return value is not null || string.IsNullOrEmpty(text);
    }

    private static string[]? Values(Microsoft.Extensions.Primitives.StringValues values)
    {
        var given = values.OfType<string>().Where(v => v.Length > 0).ToArray();
        return given.Length > 0 ? given : null;
    }
}
