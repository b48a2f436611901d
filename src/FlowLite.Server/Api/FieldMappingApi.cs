using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Server.Crm;
using FlowLite.Server.Hosting;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Api;

/// <summary>"Map automatically": proposes what goes into which column of a flow's Create record, and fills it in.</summary>
internal static class FieldMappingApi
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(10);

    public static void MapFieldMappingApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/flows/{definitionId}/mapping", ProposeAsync);
        endpoints.MapPost("/api/flows/{definitionId}/mapping", (Delegate)ApplyAsync);
    }

    /// <summary>
    /// For each Create record of the latest version, or the one that <c>activityId</c> names. Gives <c>{value:[{activityId, title, connection,
    /// entity, problem?, fields:[{column, displayName, language, value, from, isMapped}]}]}</c>; what is mapped already stays as it is.
    /// </summary>
    private static async Task<IResult> ProposeAsync(string definitionId, string? activityId, IDefinitionStore store, CrmMetadataCache metadata)
    {
        if (await store.FindAsync(definitionId, VersionOptions.Latest) is not { } flow)
        {
            return NotFound(definitionId);
        }

        var proposals = new List<ProposalDto>();
        foreach (var node in Records(flow.Document, activityId))
        {
            proposals.Add(await ProposalAsync(flow.Document, node, metadata));
        }

        return Results.Json(new ProposalsDto(proposals), ApiJson.Options);
    }

    /// <summary>
    /// Body <c>{activityId, columns?: [name]}</c>: fills in what is proposed and not mapped yet, all of it or those columns, and saves a draft. Gives
    /// <c>{activityId, version, mapped:[column]}</c>; 409 <c>ColumnsUnknown</c> when the CRM can't be asked.
    /// </summary>
    private static async Task<IResult> ApplyAsync(string definitionId, HttpContext http, IDefinitionStore store, DefinitionService definitions, CrmMetadataCache metadata)
    {
        var body = await RequestJson.ReadAsync(http, maxBytes: 64 * 1024, maxDepth: 8);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        if (body.Json.ValueKind != JsonValueKind.Object || RequestJson.Text(body.Json, "activityId") is not { } activityId || !TryColumns(body.Json, out var columns))
        {
            return FlowErrors.BadRequest("InvalidMapping", "The body has to be {\"activityId\":\"…\",\"columns\":[\"…\"]}; without columns all are mapped.");
        }

        if (await store.FindAsync(definitionId, VersionOptions.Latest) is not { } flow)
        {
            return NotFound(definitionId);
        }

        if (Records(flow.Document, activityId).FirstOrDefault() is not { } node)
        {
            return FlowErrors.NotFound("ActivityNotFound", $"The workflow '{definitionId}' has no activity '{activityId}' that creates a record.");
        }

        var proposal = await ProposalAsync(flow.Document, node, metadata);
        if (proposal.Problem is { } problem)
        {
            return FlowErrors.Result(StatusCodes.Status409Conflict, "ColumnsUnknown", problem);
        }

        var chosen = proposal.Fields.Where(field => !field.IsMapped && columns?.Contains(field.Column, StringComparer.OrdinalIgnoreCase) != false).ToList();
        var document = ActivityTree.Map(flow.Document, activity => activity.GetProperty("id").ValueEquals(activityId) ? Filled(activity, chosen) : activity);
        var saved = chosen.Count == 0 ? flow : await definitions.SaveAsync(WithId(document, definitionId));
        return Results.Json(new { activityId, saved.Version, mapped = chosen.Select(field => field.Column) }, ApiJson.Options);
    }

    private static IEnumerable<FlowGraphNode> Records(JsonElement document, string? activityId) =>
        FlowGraph.Of(document).Nodes.Where(node => node.Type == RecordNames.CreateRecord && (activityId is null || node.Id == activityId));

    private static async Task<ProposalDto> ProposalAsync(JsonElement document, FlowGraphNode node, CrmMetadataCache metadata)
    {
        var connection = node.Input("connection") is { ValueKind: JsonValueKind.String } named ? named.GetString()! : ConnectionCatalog.Embedded;
        var entity = node.Input("entity") is { ValueKind: JsonValueKind.String } table ? table.GetString()! : "";
        if (entity.Length == 0)
        {
            return new ProposalDto(node.Id, node.Title, connection, entity, "Choose the table first.", []);
        }

        if (await ColumnsAsync(connection, entity, metadata) is not { } columns)
        {
            return new ProposalDto(node.Id, node.Title, connection, entity, $"The columns of '{entity}' are not known: the CRM of connection '{connection}' doesn't tell them.", []);
        }

        var schema = FlowGraph.Of(document).Nodes.Where(n => n.Type == "FlowLite.HttpRequest").Select(DynamicContent.Schema).OfType<JsonElement>().FirstOrDefault(FlowDesignApi.AnyLead);
        var mapped = Mapped(node.Json);
        return new ProposalDto(node.Id, node.Title, connection, entity, null,
            [.. FieldMapping.Propose(schema, columns).Select(field => new FieldDto(field.Column, field.DisplayName, field.TypeName, field.Language, field.Value, field.From, mapped.Contains(field.Column)))]);
    }

    private static async Task<IReadOnlyList<CrmField>?> ColumnsAsync(string connection, string entity, CrmMetadataCache metadata)
    {
        if (metadata.FieldsOf(connection, entity) is { } known)
        {
            return known;
        }

        try
        {
            using var patience = new CancellationTokenSource(AnswersWithin);
            await metadata.AskAsync(connection, patience.Token);
            return metadata.FieldsOf(connection, entity);
        }
        catch (Exception e) when (e is ActivityException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Columns that have an input which says something.</summary>
    private static HashSet<string> Mapped(JsonElement activity) => activity.TryGetProperty("fields", out var fields) && fields.ValueKind == JsonValueKind.Object
        ? fields.EnumerateObject().Where(field => !IsEmpty(field.Value)).Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase)
        : [];

    private static bool IsEmpty(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.Object && input.TryGetProperty("expression", out var expression) && expression.ValueKind == JsonValueKind.Object)
        {
            input = expression.TryGetProperty("value", out var value) ? value : default;
        }

        return input.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined || (input.ValueKind == JsonValueKind.String && input.ValueEquals(""));
    }

    private static JsonElement Filled(JsonElement activity, List<FieldDto> fields) => JsonValues.Object(writer =>
    {
        var added = fields.ToDictionary(field => field.Column, StringComparer.OrdinalIgnoreCase);
        foreach (var member in activity.EnumerateObject().Where(member => member.Name != "fields"))
        {
            member.WriteTo(writer);
        }

        writer.WriteStartObject("fields");
        if (activity.TryGetProperty("fields", out var before) && before.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in before.EnumerateObject().Where(field => !added.ContainsKey(field.Name)))
            {
                field.WriteTo(writer);
            }
        }

        foreach (var field in fields)
        {
            writer.WriteStartObject(field.Column);
            writer.WriteString("typeName", field.TypeName);
            writer.WriteStartObject("expression");
            writer.WriteString("type", field.Language);
            writer.WritePropertyName("value");
            field.Value.WriteTo(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });

    private static JsonElement WithId(JsonElement document, string definitionId) => JsonValues.Object(writer =>
    {
        writer.WriteString("definitionId", definitionId);
        foreach (var member in document.EnumerateObject().Where(member => member.Name != "definitionId"))
        {
            member.WriteTo(writer);
        }
    });

    private static bool TryColumns(JsonElement body, out IReadOnlyList<string>? columns)
    {
        columns = null;
        if (!body.TryGetProperty("columns", out var given) || given.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (given.ValueKind != JsonValueKind.Array || given.EnumerateArray().Any(name => name.ValueKind != JsonValueKind.String))
        {
            return false;
        }

        columns = [.. given.EnumerateArray().Select(name => name.GetString()!)];
        return true;
    }

    private static IResult NotFound(string definitionId) => FlowErrors.NotFound("WorkflowNotFound", $"The workflow '{definitionId}' could not be found.");

    private sealed record ProposalsDto(IReadOnlyList<ProposalDto> Value);

    /// <param name="Problem">Why there is no proposal.</param>
    private sealed record ProposalDto(string ActivityId, string Title, string Connection, string Entity, string? Problem, IReadOnlyList<FieldDto> Fields);

    /// <param name="IsMapped">The column has an expression already, which stays.</param>
    private sealed record FieldDto(string Column, string DisplayName, string TypeName, string Language, JsonElement Value, IReadOnlyList<string> From, bool IsMapped);
}
