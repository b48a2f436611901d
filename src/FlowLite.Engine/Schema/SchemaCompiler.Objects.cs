using System.Collections.Frozen;
using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>Objects' keywords, and reading keywords in general.</summary>
internal sealed partial class SchemaCompiler
{
    private ObjectRules? Objects(SchemaLocation at)
    {
        var properties = Map(at, "properties");
        var patterns = Map(at, "patternProperties");
        var required = Required(at);
        var (additional, additionalForbidden) = SchemaOrFlag(at, "additionalProperties");
        var min = Count(at, "minProperties") ?? 0;
        var max = Count(at, "maxProperties") ?? long.MaxValue;
        var dependencies = Dependencies(at);
        if (properties.Count == 0 && patterns.Count == 0 && required.Count == 0 && additional is null && !additionalForbidden
            && min == 0 && max == long.MaxValue && dependencies.Count == 0)
        {
            return null;
        }

        var names = properties.Keys.Concat(required).Concat(dependencies.Keys).Concat(dependencies.Values.SelectMany(d => d.Keys));
        var slots = Slots([.. names.Distinct(StringComparer.Ordinal)], properties, required);
        var exact = slots.ToFrozenDictionary(slot => slot.Name, StringComparer.Ordinal);
        return new ObjectRules(
            exact,
            _options.IgnoreKeyCase
                ? slots.DistinctBy(slot => slot.Name, StringComparer.OrdinalIgnoreCase).ToFrozenDictionary(slot => slot.Name, StringComparer.OrdinalIgnoreCase)
                : null,
            slots.Length,
            [.. required.Select(name => exact[name])],
            [.. patterns.Select(pattern => (Pattern(pattern.Value, pattern.Key), Node(pattern.Value)))],
            additional,
            additionalForbidden,
            min,
            max,
            [.. dependencies.Select(d => new DependencyRule(exact[d.Key], [.. d.Value.Keys.Select(key => exact[key])], d.Value.Schema))]);
    }

    private PropertySlot[] Slots(string[] names, Dictionary<string, SchemaLocation> properties, HashSet<string> required)
    {
        var comparer = _options.IgnoreKeyCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var needed = new HashSet<string>(required, comparer);
        var bits = new Dictionary<string, int>(comparer);
        return [.. names
            .OrderByDescending(properties.ContainsKey)
            .Select(name =>
            {
                bits.TryAdd(name, bits.Count);
                return new PropertySlot(name, bits[name], SchemaOf(name, properties), needed.Contains(name));
            })];
    }

    /// <summary>A name that is only required in another case than it is declared still has the declared schema when case is ignored.</summary>
    private SchemaNode? SchemaOf(string name, Dictionary<string, SchemaLocation> properties)
    {
        if (properties.TryGetValue(name, out var exact))
        {
            return Node(exact);
        }

        var declared = _options.IgnoreKeyCase ? properties.Keys.FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase)) : null;
        return declared is null ? null : Node(properties[declared]);
    }

    private static HashSet<string> Required(SchemaLocation at)
    {
        if (Find(at, "required") is not { } required)
        {
            return [];
        }

        return required.Element.ValueKind switch
        {
            JsonValueKind.Array => Names(required),
            JsonValueKind.True or JsonValueKind.False => throw required.Error(
                "'required' must be an array of property names on the object, as draft-04 has it; a boolean on the property is draft-03."),
            _ => throw required.Error("'required' must be an array of property names."),
        };
    }

    private Dictionary<string, (HashSet<string> Keys, SchemaNode? Schema)> Dependencies(SchemaLocation at)
    {
        var result = new Dictionary<string, (HashSet<string>, SchemaNode?)>(StringComparer.Ordinal);
        foreach (var (name, dependency) in Map(at, "dependencies"))
        {
            result[name] = dependency.Element.ValueKind switch
            {
                JsonValueKind.Array => (Names(dependency), null),
                JsonValueKind.Object => ([], Node(dependency)),
                _ => throw dependency.Error("A dependency must be a schema or an array of property names."),
            };
        }

        return result;
    }

    private static HashSet<string> Names(SchemaLocation list)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in Items(list))
        {
            names.Add(item.Element.ValueKind == JsonValueKind.String ? item.Element.GetString()! : throw item.Error("A property name must be a string."));
        }

        return names;
    }

    private (SchemaNode? Schema, bool Forbidden) SchemaOrFlag(SchemaLocation at, string keyword)
    {
        if (Find(at, keyword) is not { } value)
        {
            return (null, false);
        }

        return value.Element.ValueKind switch
        {
            JsonValueKind.True => (null, false),
            JsonValueKind.False => (null, true),
            JsonValueKind.Object => (Node(value), false),
            _ => throw value.Error($"'{keyword}' must be a boolean or a schema."),
        };
    }

    private static bool Flag(SchemaLocation at, string keyword)
    {
        if (Find(at, keyword) is not { } flag)
        {
            return false;
        }

        return flag.Element.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? flag.Element.GetBoolean()
            : throw flag.Error($"'{keyword}' must be a boolean.");
    }

    private static long? Count(SchemaLocation at, string keyword)
    {
        if (Find(at, keyword, JsonValueKind.Number, "a number") is not { } count)
        {
            return null;
        }

        // Writers that know only floats send 2.0.
        return count.Element.TryGetDecimal(out var value) && value >= 0 && value <= long.MaxValue && decimal.IsInteger(value)
            ? (long)value
            : throw count.Error($"'{keyword}' must be an integer of 0 or more.");
    }

    /// <summary>A keyword's members by name, the last of duplicate names.</summary>
    private static Dictionary<string, SchemaLocation> Map(SchemaLocation at, string keyword)
    {
        var result = new Dictionary<string, SchemaLocation>(StringComparer.Ordinal);
        if (Find(at, keyword, JsonValueKind.Object, "an object") is { } map)
        {
            foreach (var member in map.Element.EnumerateObject())
            {
                result[member.Name] = map.Child(member.Value, member.Name);
            }
        }

        return result;
    }

    private static IEnumerable<SchemaLocation> Items(SchemaLocation list) => list.Element.EnumerateArray().Select((item, index) => list.Child(item, index));

    private static SchemaLocation? Find(SchemaLocation at, string keyword, JsonValueKind kind, string expected) =>
        Find(at, keyword) is not { } value ? null
        : value.Element.ValueKind == kind ? value
        : throw value.Error($"'{keyword}' must be {expected}.");

    private static SchemaLocation? Find(SchemaLocation at, string keyword) =>
        at.Element.TryGetProperty(keyword, out var value) ? at.Child(value, keyword) : null;
}
