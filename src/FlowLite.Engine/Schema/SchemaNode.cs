using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowLite.Engine.Schema;

[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    Number = Integer | Fraction,
    String = 16,
    Array = 32,
    Object = 64,
}

/// <summary>One compiled subschema. Set once by the compiler (recursive schemas need late binding), read-only from then on.</summary>
internal sealed class SchemaNode(string pointer)
{
    /// <summary>Where it stands in the schema, for compile errors.</summary>
    public string Pointer { get; } = pointer;

    /// <summary>Set for a <c>$ref</c>, whose siblings draft-04 ignores.</summary>
    public SchemaNode? Target { get; set; }

    public JsonTypes Types { get; set; }

    public EnumRule? Enum { get; set; }

    public NumberRules? Numbers { get; set; }

    public StringRules? Strings { get; set; }

    public ArrayRules? Arrays { get; set; }

    public ObjectRules? Objects { get; set; }

    public SchemaNode[] AllOf { get; set; } = [];

    public SchemaNode[] AnyOf { get; set; } = [];

    public SchemaNode[] OneOf { get; set; } = [];

    public SchemaNode? Not { get; set; }

    /// <summary>The subschemas that apply to the same instance as this one.</summary>
    public IEnumerable<SchemaNode> InPlace
    {
        get
        {
            if (Target is not null)
            {
                return [Target];
            }

            var nodes = AllOf.Concat(AnyOf).Concat(OneOf);
            nodes = Not is null ? nodes : nodes.Append(Not);
            return Objects is null ? nodes : nodes.Concat(Objects.Dependencies.Select(d => d.Schema).OfType<SchemaNode>());
        }
    }
}

internal sealed record EnumRule(JsonElement[] Values, int[] Hashes)
{
    public bool Contains(JsonElement instance)
    {
        var hash = JsonValueComparer.Instance.GetHashCode(instance);
        for (var i = 0; i < Hashes.Length; i++)
        {
            if (Hashes[i] == hash && JsonValueComparer.Instance.Equals(Values[i], instance))
            {
                return true;
            }
        }

        return false;
    }
}

internal sealed record NumberRules(JsonNumber? Minimum, bool ExclusiveMinimum, JsonNumber? Maximum, bool ExclusiveMaximum, JsonNumber? MultipleOf);

internal sealed record StringRules(long MinLength, long MaxLength, Regex? Pattern, string PatternText, string? Format, Func<string, bool>? FormatTest);

/// <param name="Each">Schema of every item, or null.</param>
/// <param name="Tuple">Schemas by position, or null.</param>
/// <param name="Rest">Schema of the items past the tuple, or null.</param>
/// <param name="RestForbidden">No items past the tuple.</param>
internal sealed record ArrayRules(long MinItems, long MaxItems, bool Unique, SchemaNode? Each, SchemaNode[]? Tuple, SchemaNode? Rest, bool RestForbidden);

/// <summary>A name that the schema knows, declared or only required.</summary>
/// <param name="Bit">Its place in the set of names seen; names that differ in case only share it when case is ignored.</param>
internal sealed record PropertySlot(string Name, int Bit, SchemaNode? Schema, bool Required);

internal sealed record DependencyRule(PropertySlot Property, PropertySlot[] Keys, SchemaNode? Schema);

internal sealed record ObjectRules(
    FrozenDictionary<string, PropertySlot> Exact,
    FrozenDictionary<string, PropertySlot>? IgnoringCase,
    int Bits,
    PropertySlot[] Required,
    (Regex Regex, SchemaNode Schema)[] Patterns,
    SchemaNode? Additional,
    bool AdditionalForbidden,
    long MinProperties,
    long MaxProperties,
    DependencyRule[] Dependencies)
{
    private readonly FrozenDictionary<string, PropertySlot>.AlternateLookup<ReadOnlySpan<char>> _exact =
        Exact.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly FrozenDictionary<string, PropertySlot>.AlternateLookup<ReadOnlySpan<char>> _ignoringCase =
        (IgnoringCase ?? Exact).GetAlternateLookup<ReadOnlySpan<char>>();

    public PropertySlot? Find(ReadOnlySpan<char> name) =>
        _exact.TryGetValue(name, out var slot) || (IgnoringCase is not null && _ignoringCase.TryGetValue(name, out slot)) ? slot : null;
}
