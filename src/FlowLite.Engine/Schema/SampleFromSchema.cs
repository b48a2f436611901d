using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowLite.Engine.Schema;

/// <param name="Value">A payload as the schema describes it.</param>
/// <param name="Errors">Where the payload does not match after all: a pattern that no guess meets, a <c>not</c>. Empty for most schemas.</param>
public sealed record SchemaSample(JsonElement Value, IReadOnlyList<JsonSchemaError> Errors);

/// <summary>
/// Makes a payload from a draft-04 schema: every property that it names, with values that look like what the names say.
/// The same payload for the same schema.
/// </summary>
public sealed class SampleFromSchema
{
    /// <summary>Below so many levels only what is required is made; a schema may refer to itself.</summary>
    private const int FullDepth = 8;
    private const int DeepestLevel = 24;
    private const int MostItems = 20;
    /// <summary>What a reference counts for, so that a schema that refers to itself is followed twice and not eight times.</summary>
    private const int ReferenceLevels = 3;
    private const int MostValues = 2000;
    /// <summary>How often another branch of each anyOf and oneOf is tried.</summary>
    private const int Attempts = 8;

    private readonly JsonElement _root;
    private readonly int _attempt;
    private int _made;

    private SampleFromSchema(JsonElement root, int attempt) => (_root, _attempt) = (root, attempt);

    /// <exception cref="JsonSchemaException">The schema doesn't compile.</exception>
    public static SchemaSample Create(JsonElement schema)
    {
        var compiled = JsonSchema.Compile(schema);
        SchemaSample? first = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var node = new SampleFromSchema(schema, attempt).Make([schema], "", 0, 0);
            var value = JsonSerializer.SerializeToElement(node);
            var errors = compiled.Validate(value);
            if (errors.Count == 0)
            {
                return new SchemaSample(value, errors);
            }

            first ??= new SchemaSample(value, errors);
        }

        return first!;
    }

    /// <param name="schemas">The value has to match all of them.</param>
    /// <param name="variant">Values of different variants differ, where they may.</param>
    private JsonNode? Make(IEnumerable<JsonElement> schemas, string name, int depth, int variant)
    {
        if (depth >= DeepestLevel || ++_made > MostValues)
        {
            return null;
        }

        var parts = new SchemaParts();
        var inner = depth;
        foreach (var schema in schemas)
        {
            inner = Math.Max(inner, Collect(schema, parts, depth));
        }

        if (parts.Fixed(variant, out var value))
        {
            return value;
        }

        return parts.Type() switch
        {
            "object" => MakeObject(parts, inner),
            "array" => MakeArray(parts, name, inner),
            "string" => JsonValue.Create(SampleValues.Text(parts, name, variant)),
            "boolean" => JsonValue.Create(variant % 2 == 0),
            "null" => null,
            var number => SampleValues.Number(parts, name, number == "integer", variant),
        };
    }

    private JsonObject MakeObject(SchemaParts parts, int depth)
    {
        var properties = parts.Properties();
        var required = parts.Required();
        var names = depth < FullDepth
            ? properties.Keys.Concat(required).Distinct().ToList()
            : [.. required];
        if (parts.Limit("maxProperties", lowest: true) is { } most && names.Count > most)
        {
            names = [.. names.OrderBy(n => required.Contains(n) ? 0 : 1).Take((int)most)];
        }

        for (var i = 1; names.Count < Math.Min(parts.Limit("minProperties", lowest: false) ?? 0, MostItems); i++)
        {
            names.Add($"Field{i}");
        }

        var made = new JsonObject();
        foreach (var name in names.Concat(names.SelectMany(parts.Dependencies)).Distinct())
        {
            made[name] = Make(properties.GetValueOrDefault(name) ?? parts.Additional(name), name, depth + 1, 0);
        }

        return made;
    }

    private JsonArray MakeArray(SchemaParts parts, string name, int depth)
    {
        var (each, tuple) = parts.Items();
        var least = (int)Math.Min(parts.Limit("minItems", lowest: false) ?? 0, MostItems);
        var count = Math.Max(least, depth < FullDepth ? Math.Max(1, tuple.Count) : 0);
        if (parts.Limit("maxItems", lowest: true) is { } most && count > most)
        {
            count = (int)most;
        }

        var made = new JsonArray();
        for (var i = 0; i < count; i++)
        {
            made.Add(Make(i < tuple.Count ? [tuple[i]] : each, name, depth + 1, i));
        }

        return made;
    }

    /// <returns>The level that the value is on; references count.</returns>
    private int Collect(JsonElement schema, SchemaParts into, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > DeepestLevel)
        {
            return depth;
        }

        if (SchemaPointers.Reference(schema) is { } reference)
        {
            return Collect(SchemaPointers.Resolve(_root, reference), into, depth + ReferenceLevels);
        }

        into.Add(schema);
        var deepest = depth;
        foreach (var part in SchemaParts.List(schema, "allOf"))
        {
            deepest = Math.Max(deepest, Collect(part, into, depth));
        }

        foreach (var keyword in (string[])["anyOf", "oneOf"])
        {
            if (SchemaParts.List(schema, keyword) is { Count: > 0 } branches)
            {
                var ending = depth < FullDepth ? [] : branches.Where(b => SchemaPointers.Reference(b) is null).ToList();
                var choice = ending.Count > 0 ? ending : branches;
                deepest = Math.Max(deepest, Collect(choice[_attempt % choice.Count], into, depth));
            }
        }

        return deepest;
    }
}
