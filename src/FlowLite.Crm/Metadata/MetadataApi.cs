using System.Text.Json;
using FlowLite.Crm.Api;

namespace FlowLite.Crm.Metadata;

/// <summary>
/// Dataverse's table definitions in the Web API: <c>EntityDefinitions</c>, one of them by logical name or id, its
/// <c>Attributes</c>, one of those, casts of either to a type of column, and an <c>OptionSet</c>.
/// </summary>
internal static class MetadataApi
{
    private const string EntitySet = "EntityDefinitions";
    private const string Namespace = "Microsoft.Dynamics.CRM.";

    public static bool Owns(string path) => path == EntitySet || path.StartsWith(EntitySet + "/", StringComparison.Ordinal) || path.StartsWith(EntitySet + "(", StringComparison.Ordinal);

    /// <summary>The answer's JSON.</summary>
    /// <exception cref="CrmRequestException">There is no such thing, or the query is not valid.</exception>
    public static ReadOnlyMemory<byte> Read(HttpContext context, string path)
    {
        var segments = path.Split('/');
        if (segments.Length > 4)
        {
            throw CrmErrors.UnknownSegment(segments[4]);
        }

        var options = context.Request.Query.Select(option => KeyValuePair.Create(option.Key, option.Value.ToString()));
        if (segments is [EntitySet])
        {
            var shape = new MetadataShape(options, EntityJson.Members.Contains, "EntityMetadata");
            return Many(context, EntitySet + shape.Context, EntityJson.All, shape, withType: false);
        }

        var entity = Entity(segments[0]);
        if (segments.Length == 1)
        {
            var shape = new MetadataShape(options, EntityJson.Members.Contains, "EntityMetadata");
            return One(context, $"{EntitySet}{shape.Context}/$entity", entity, shape, withType: false);
        }

        return Attributes(context, entity, segments, options);
    }

    /// <summary>Below <c>EntityDefinitions(...)</c>: <c>Attributes</c> or one of them, then a cast, then the option set.</summary>
    private static ReadOnlyMemory<byte> Attributes(HttpContext context, JsonElement entity, string[] segments, IEnumerable<KeyValuePair<string, string>> options)
    {
        var logicalName = entity.GetProperty("LogicalName").GetString()!;
        var set = $"{EntitySet}('{logicalName}')/Attributes";
        var cast = segments.Length > 2 ? Cast(segments[2]) : null;
        var column = segments[1] == "Attributes" ? (JsonElement?)null : Attribute(entity, segments[1]);
        if (segments.Length == 4)
        {
            var optionSet = OptionSet(column, cast, segments[3]);
            return One(context, $"{set}/{segments[3]}/$entity", optionSet, new MetadataShape(options, _ => true, "OptionSetMetadata"), withType: true);
        }

        var typeMembers = cast is null ? [] : AttributeJson.TypeMembers[cast];
        var shape = new MetadataShape(options, name => AttributeJson.BaseMembers.Contains(name) || typeMembers.Contains(name), cast ?? "AttributeMetadata");
        var castText = cast is null ? "" : "/" + Namespace + cast;
        if (column is { } one)
        {
            return IsOf(one, cast)
                ? One(context, $"{set}{castText}{shape.Context}/$entity", one, shape, withType: cast is null)
                : throw CrmErrors.NotFound($"The attribute '{one.GetProperty("LogicalName")}' of '{logicalName}' is no {cast}.");
        }

        var columns = entity.GetProperty("Attributes").EnumerateArray().Where(item => IsOf(item, cast));
        return Many(context, set + castText + shape.Context, columns, shape, withType: cast is null);
    }

    private static JsonElement Entity(string segment)
    {
        if (Key(segment, EntitySet) is not { } key)
        {
            throw CrmErrors.UnknownSegment(segment);
        }

        var found = key.Id is { } id ? EntityJson.Find(id) : EntityJson.Find(key.LogicalName!);
        return found ?? throw CrmErrors.UnknownEntity(key.LogicalName ?? key.Id.ToString()!);
    }

    private static JsonElement Attribute(JsonElement entity, string segment)
    {
        if (Key(segment, "Attributes") is not { } key)
        {
            throw CrmErrors.UnknownSegment(segment);
        }

        foreach (var column in entity.GetProperty("Attributes").EnumerateArray())
        {
            if (key.Id is { } id ? column.GetProperty("MetadataId").GetGuid() == id : column.GetProperty("LogicalName").ValueEquals(key.LogicalName))
            {
                return column;
            }
        }

        throw CrmErrors.NotFound($"Could not find an attribute '{key.LogicalName ?? key.Id.ToString()}' of entity '{entity.GetProperty("LogicalName")}'.");
    }

    /// <summary>The key in <c>Set(LogicalName='lead')</c> or <c>Set(guid)</c>; null if the segment is something else.</summary>
    private static (string? LogicalName, Guid? Id)? Key(string segment, string set)
    {
        const string byName = "LogicalName='";
        if (!segment.StartsWith(set + "(", StringComparison.Ordinal) || !segment.EndsWith(')'))
        {
            return null;
        }

        var key = segment[(set.Length + 1)..^1];
        if (key.StartsWith(byName, StringComparison.Ordinal) && key.Length > byName.Length && key.EndsWith('\''))
        {
            return (key[byName.Length..^1], null);
        }

        return Guid.TryParseExact(key, "D", out var id) ? (null, id) : throw CrmErrors.BadKey(set == EntitySet ? "EntityMetadata" : "AttributeMetadata");
    }

    /// <summary>The type's name without its namespace.</summary>
    private static string Cast(string segment)
    {
        var name = segment.StartsWith(Namespace, StringComparison.Ordinal) ? segment[Namespace.Length..] : "";
        return AttributeJson.TypeMembers.ContainsKey(name) ? name : throw CrmErrors.UnknownSegment(segment);
    }

    private static bool IsOf(JsonElement column, string? cast) =>
        cast is null || column.GetProperty("@odata.type").ValueEquals("#" + Namespace + cast);

    private static JsonElement OptionSet(JsonElement? column, string? cast, string segment) =>
        segment is "OptionSet" && column is { } one && IsOf(one, cast) && one.TryGetProperty(segment, out var options)
            ? options
            : throw CrmErrors.UnknownSegment(segment);

    private static ReadOnlyMemory<byte> One(HttpContext context, string what, JsonElement value, MetadataShape shape, bool withType) => RecordJson.Object(writer =>
    {
        writer.WriteString("@odata.context", $"{ODataUrls.Service(context)}/$metadata#{what}");
        shape.WriteMembers(writer, value, withType);
    });

    private static ReadOnlyMemory<byte> Many(HttpContext context, string what, IEnumerable<JsonElement> values, MetadataShape shape, bool withType) => RecordJson.Object(writer =>
    {
        writer.WriteString("@odata.context", $"{ODataUrls.Service(context)}/$metadata#{what}");
        writer.WriteStartArray("value");
        foreach (var value in shape.Matching(values))
        {
            writer.WriteStartObject();
            shape.WriteMembers(writer, value, withType);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
