using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowLite.Engine.Schema;

/// <summary>The schemas that one value has to match together, read keyword by keyword.</summary>
internal sealed class SchemaParts
{
    private static readonly string[] TextKeywords = ["minLength", "maxLength", "pattern", "format"];
    private static readonly string[] NumberKeywords = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

    private readonly List<JsonElement> _schemas = [];

    public void Add(JsonElement schema) => _schemas.Add(schema);

    /// <summary>A value that the schemas give themselves: one of an enumeration, or a default.</summary>
    public bool Fixed(int variant, out JsonNode? value)
    {
        var lists = Values("enum").Where(e => e.ValueKind == JsonValueKind.Array).Select(e => e.EnumerateArray().ToList()).ToList();
        if (lists.Count > 0)
        {
            var common = lists[0].Where(v => lists.TrueForAll(list => list.Exists(other => JsonElement.DeepEquals(other, v)))).ToList();
            var choice = common.Count > 1 ? [.. common.Where(v => v.ValueKind != JsonValueKind.Null)] : common;
            value = choice.Count > 0 ? Node(choice[variant % choice.Count]) : null;
            return true;
        }

        var given = Values("default").Where(v => v.ValueKind != JsonValueKind.Null).ToList();
        value = given.Count > 0 ? Node(given[0]) : null;
        return given.Count > 0;
    }

    /// <summary>The type that the value shall have: one that all of them allow, null only if nothing else is.</summary>
    public string Type()
    {
        List<string>? allowed = null;
        foreach (var type in Values("type"))
        {
            var these = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.ToString())] : new List<string> { type.ToString() };
            allowed = allowed is null ? these : [.. allowed.SelectMany(a => these.Where(t => a == t || (a, t) is ("number", "integer")).Concat(these.Contains("number") && a == "integer" ? [a] : [])).Distinct()];
        }

        return allowed?.Find(t => t != "null") ?? allowed?.FirstOrDefault() ?? (
            Has("properties", "required", "additionalProperties", "minProperties") ? "object"
            : Has("items", "minItems") ? "array"
            : Has(NumberKeywords) ? "number"
            : "string");
    }

    /// <summary>The schemas of each property, in the order of the document.</summary>
    public IReadOnlyDictionary<string, List<JsonElement>> Properties()
    {
        var properties = new OrderedDictionary<string, List<JsonElement>>(StringComparer.Ordinal);
        foreach (var property in Values("properties").Where(p => p.ValueKind == JsonValueKind.Object).SelectMany(p => p.EnumerateObject()))
        {
            if (!properties.TryGetValue(property.Name, out var schemas))
            {
                properties[property.Name] = schemas = [];
            }

            schemas.Add(property.Value);
        }

        return properties;
    }

    public IReadOnlyList<string> Required() =>
        [.. _schemas.SelectMany(s => List(s, "required")).Where(r => r.ValueKind == JsonValueKind.String).Select(r => r.GetString()!).Distinct()];

    /// <summary>The properties that have to be there when this one is.</summary>
    public IEnumerable<string> Dependencies(string property) =>
        Values("dependencies").Where(d => d.ValueKind == JsonValueKind.Object)
            .SelectMany(d => List(d, property))
            .Where(name => name.ValueKind == JsonValueKind.String)
            .Select(name => name.GetString()!);

    /// <summary>The schemas of a property that none of them names.</summary>
    public IEnumerable<JsonElement> Additional(string name)
    {
        var byPattern = Values("patternProperties").Where(p => p.ValueKind == JsonValueKind.Object)
            .SelectMany(p => p.EnumerateObject())
            .Where(p => JsonSchema.Compile(Text(("pattern", JsonSerializer.SerializeToElement(p.Name)))).IsValid(JsonSerializer.SerializeToElement(name)))
            .Select(p => p.Value)
            .ToList();
        return byPattern.Count > 0 ? byPattern : Values("additionalProperties").Where(a => a.ValueKind == JsonValueKind.Object);
    }

    public (IReadOnlyList<JsonElement> Each, IReadOnlyList<JsonElement> Tuple) Items()
    {
        var items = Values("items").ToList();
        var tuple = items.Find(i => i.ValueKind == JsonValueKind.Array) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToList() : [];
        var each = items.Where(i => i.ValueKind == JsonValueKind.Object);
        return ([.. tuple.Count > 0 ? Values("additionalItems") : each], tuple);
    }

    /// <summary>The tightest of a bound that several of them may set.</summary>
    public decimal? Limit(string keyword, bool lowest)
    {
        var limits = Values(keyword).Where(v => v.ValueKind == JsonValueKind.Number).Select(v => v.TryGetDecimal(out var limit) ? limit : (decimal?)null).OfType<decimal>().ToList();
        return limits.Count == 0 ? null : lowest ? limits.Min() : limits.Max();
    }

    public bool IsExclusive(string keyword) => Values(keyword).Any(v => v.ValueKind == JsonValueKind.True);

    public string? Format() => Values("format").FirstOrDefault() is { ValueKind: JsonValueKind.String } format ? format.GetString() : null;

    /// <summary>What they ask of a text and nothing else; for the validator to judge guesses by.</summary>
    public JsonSchema ForText() => Only(TextKeywords);

    public JsonSchema ForNumber() => Only(NumberKeywords);

    public static IReadOnlyList<JsonElement> List(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];

    private bool Has(params string[] keywords) => _schemas.Exists(s => Array.Exists(keywords, k => s.TryGetProperty(k, out _)));

    private IEnumerable<JsonElement> Values(string keyword)
    {
        foreach (var schema in _schemas)
        {
            if (schema.TryGetProperty(keyword, out var value))
            {
                yield return value;
            }
        }
    }

    private JsonSchema Only(string[] keywords) => JsonSchema.Compile(JsonSerializer.SerializeToElement(new
    {
        allOf = _schemas.Select(s => s.EnumerateObject().Where(m => keywords.Contains(m.Name)).ToDictionary(m => m.Name, m => m.Value)).Prepend([]),
    }));

    private static JsonElement Text((string Keyword, JsonElement Value) member) =>
        JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { [member.Keyword] = member.Value });

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
}
