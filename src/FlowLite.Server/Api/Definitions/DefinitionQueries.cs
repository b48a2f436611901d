using System.Globalization;
using FlowLite.Engine.Definitions;
using Microsoft.Extensions.Primitives;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Flows as they are read: lists, one version, counts and names.</summary>
internal static class DefinitionQueries
{
    private const int LargestPage = 1000;
    private static readonly string[] Orders = ["Created", "Name", "Version"];
    private static readonly string[] Directions = ["Ascending", "Descending"];

    public static void MapDefinitionQueries(this RouteGroupBuilder api)
    {
        var definitions = api.MapGroup("/workflow-definitions");
        definitions.MapGet("/", ListAsync);
        definitions.MapGet("/by-definition-id/{definitionId}", GetAsync);
        definitions.MapGet("/{definitionId}", GetAsync);
        definitions.MapGet("/by-id/{versionId}", GetVersionAsync);
        definitions.MapGet("/many-by-id", GetManyAsync);
        definitions.MapGet("/query/count", CountAsync);
        definitions.MapGet("/validation/is-name-unique", IsNameUniqueAsync);
        definitions.MapGet("/{definitionId}/versions", ListVersionsAsync);
        definitions.MapGet("/{definitionId}/consumers", ConsumersAsync);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, IDefinitionStore store)
    {
        var query = request.Query;
        if (!VersionOptions.TryParse(query["versionOptions"], out var version)
            || !TryNumber(query["page"], out var page)
            || !TryNumber(query["pageSize"], out var pageSize)
            || !TryOneOf(query["orderBy"], Orders, out var orderBy)
            || !TryOneOf(query["orderDirection"], Directions, out var direction))
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest,
                "versionOptions, page, pageSize, orderBy (Created, Name, Version) or orderDirection (Ascending, Descending) is not valid.");
        }

        // Nothing here is a system flow or read-only.
        if (IsTrue(query["isSystem"]) || IsTrue(query["isReadonly"]))
        {
            return DefinitionAnswers.Page(new DefinitionPage([], 0));
        }

        return DefinitionAnswers.Page(await store.ListAsync(new DefinitionQuery(
            version,
            pageSize is null ? 0 : page ?? 0,
            pageSize is { } size ? Math.Clamp(size, 1, LargestPage) : null,
            string.IsNullOrWhiteSpace(query["searchTerm"]) ? null : query["searchTerm"].ToString(),
            Values(query["definitionIds"]),
            Values(query["ids"]),
            orderBy ?? "Created",
            direction is null ? orderBy is null : direction == "Descending")));
    }

    private static async Task<IResult> GetAsync(string definitionId, HttpRequest request, IDefinitionStore store, DefinitionAnswers answers)
    {
        if (!TryOneVersion(request, out var version))
        {
            return NoSuchVersionOptions(request);
        }

        return await store.FindAsync(definitionId, version) is { } definition ? answers.One(definition) : Results.NotFound();
    }

    private static async Task<IResult> GetVersionAsync(string versionId, IDefinitionStore store, DefinitionAnswers answers) =>
        await store.FindVersionAsync(versionId) is { } definition ? answers.One(definition) : Results.NotFound();

    /// <summary>Query <c>ids</c>: version ids, repeated.</summary>
    private static async Task<IResult> GetManyAsync(HttpRequest request, IDefinitionStore store, DefinitionAnswers answers) =>
        answers.Many((await store.ListAsync(new DefinitionQuery(default, Ids: Values(request.Query["ids"]) ?? []))).Items);

    private static async Task<IResult> CountAsync(IDefinitionStore store) =>
        Results.Json(new { count = (await store.ListAsync(new DefinitionQuery(VersionOptions.Latest, PageSize: 1))).TotalCount });

    /// <summary>Whether no other flow's latest version has that name; the Studio asks before it creates or renames.</summary>
    private static async Task<IResult> IsNameUniqueAsync(HttpRequest request, IDefinitionStore store)
    {
        var name = request.Query["name"].ToString().Trim();
        var own = request.Query["definitionId"].ToString();
        var named = await store.ListAsync(new DefinitionQuery(VersionOptions.Latest, Name: name));
        return Results.Json(new { isUnique = named.Items.All(d => d.DefinitionId == own) });
    }

    private static async Task<IResult> ListVersionsAsync(string definitionId, IDefinitionStore store, DefinitionAnswers answers) =>
        answers.Versions((await store.ListAsync(new DefinitionQuery(default, DefinitionIds: [definitionId], OrderBy: "Version"))).Items);

    /// <summary>The flows whose latest or published version has this one as a part.</summary>
    private static async Task<IResult> ConsumersAsync(string definitionId, IDefinitionStore store, DefinitionConsumers consumers) =>
        await store.FindAsync(definitionId, VersionOptions.Latest) is null
            ? Results.NotFound()
            : Results.Json(new { consumingWorkflowDefinitionIds = await consumers.FindAsync(definitionId) });

    /// <summary>Query <c>versionOptions</c> where one version is meant: the latest, unless it says otherwise.</summary>
    public static bool TryOneVersion(HttpRequest request, out VersionOptions version)
    {
        var known = VersionOptions.TryParse(request.Query["versionOptions"], out version);
        if (version.Kind == VersionKind.AllVersions)
        {
            version = VersionOptions.Latest;
        }

        return known;
    }

    public static IResult NoSuchVersionOptions(HttpRequest request) =>
        ElsaErrors.Refuse(StatusCodes.Status400BadRequest, $"There are no versionOptions '{request.Query["versionOptions"]}'.");

    private static bool IsTrue(StringValues text) => string.Equals(text, "true", StringComparison.OrdinalIgnoreCase);

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

    private static string[]? Values(StringValues values)
    {
        var given = values.OfType<string>().Where(v => v.Length > 0).ToArray();
        return given.Length > 0 ? given : null;
    }
}
