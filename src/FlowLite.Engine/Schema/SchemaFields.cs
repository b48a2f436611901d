using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <param name="Path">Names from the root down.</param>
/// <param name="Title">What the schema calls it, else its name.</param>
/// <param name="Type">The type, or several with " or " between; "any" where the schema doesn't say.</param>
public sealed record SchemaField(IReadOnlyList<string> Path, string Title, string Type, string? Description);

/// <summary>The fields that a schema names, for people to choose from. Reads what it can of a schema and never throws.</summary>
public static class SchemaFields
{
    private const int Deepest = 10;
    private const int Most = 1000;
    private static readonly string[] Branches = ["allOf", "anyOf", "oneOf"];

    /// <summary>Every field, objects before their own fields, in the order of the document. What is in arrays is not listed.</summary>
    public static IReadOnlyList<SchemaField> Of(JsonElement schema) => Of(schema, schema);

    /// <summary>The fields of an array's elements; none when the path leads to no array.</summary>
    /// <param name="path">Names from the root down to the array.</param>
    public static IReadOnlyList<SchemaField> OfItems(JsonElement schema, IReadOnlyList<string> path)
    {
        var at = new List<JsonElement> { schema };
        foreach (var name in path)
        {
            at = [.. at.SelectMany(s => Properties(schema, s, 0)).Where(p => p.Name == name).Select(p => p.Value)];
        }

        var items = at.SelectMany(s => Parts(schema, s, 0))
            .Select(s => s.TryGetProperty("items", out var items) ? items : default)
            .FirstOrDefault(i => i.ValueKind == JsonValueKind.Object);
        return items.ValueKind == JsonValueKind.Object ? Of(schema, items) : [];
    }

    private static List<SchemaField> Of(JsonElement root, JsonElement schema)
    {
        var fields = new List<SchemaField>();
        Add(root, schema, [], fields);
        return fields;
    }

    private static void Add(JsonElement root, JsonElement schema, string[] path, List<SchemaField> fields)
    {
        foreach (var property in Properties(root, schema, 0).DistinctBy(p => p.Name))
        {
            if (fields.Count >= Most)
            {
                return;
            }

            string[] at = [.. path, property.Name];
            var parts = Parts(root, property.Value, 0).ToList();
            fields.Add(new SchemaField(at, Text(parts, "title") ?? property.Name, Type(parts), Text(parts, "description")));
            if (at.Length < Deepest)
            {
                Add(root, property.Value, at, fields);
            }
        }
    }

    private static IEnumerable<JsonProperty> Properties(JsonElement root, JsonElement schema, int depth) =>
        Parts(root, schema, depth)
            .Where(s => s.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
            .SelectMany(s => s.GetProperty("properties").EnumerateObject());

    /// <summary>The schema itself, and all that it refers to or is put together from.</summary>
    private static IEnumerable<JsonElement> Parts(JsonElement root, JsonElement schema, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > Deepest)
        {
            return [];
        }

        if (SchemaPointers.Reference(schema) is { } reference)
        {
            return Parts(root, SchemaPointers.Resolve(root, reference), depth + 1);
        }

        return Branches.SelectMany(keyword => SchemaParts.List(schema, keyword))
            .SelectMany(part => Parts(root, part, depth + 1))
            .Prepend(schema)
            .Take(Most);
    }

    private static string? Text(List<JsonElement> parts, string keyword) => parts
        .Select(p => p.TryGetProperty(keyword, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null)
        .FirstOrDefault(text => !string.IsNullOrEmpty(text));

    private static string Type(List<JsonElement> parts)
    {
        var types = parts.Where(p => p.TryGetProperty("type", out _))
            .Select(p => p.GetProperty("type"))
            .SelectMany(t => t.ValueKind == JsonValueKind.Array ? t.EnumerateArray().Select(one => one.ToString()) : [t.ToString()])
            .Distinct()
            .ToList();
        var known = types.Count > 1 ? types.Where(t => t != "null").ToList() : types;
        return known.Count > 0 ? string.Join(" or ", known)
            : parts.Exists(p => p.TryGetProperty("properties", out _)) ? "object"
            : "any";
    }
}
