using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowLite.Engine.Schema;

/// <summary>Turns a schema document into nodes, each place once, so that recursive references become cycles of nodes.</summary>
internal sealed partial class SchemaCompiler
{
    private readonly SchemaReferences _references;
    private readonly JsonSchemaOptions _options;
    private readonly Dictionary<(bool BuiltIn, string Pointer), SchemaNode> _nodes = [];
    private readonly Queue<(SchemaNode Node, SchemaLocation At)> _pending = new();

    private SchemaCompiler(JsonElement root, JsonSchemaOptions options)
    {
        _references = new SchemaReferences(root);
        _options = options;
    }

    public static SchemaNode Compile(JsonElement root, JsonSchemaOptions options)
    {
        var compiler = new SchemaCompiler(root, options);
        var node = compiler.Node(compiler._references.Root(root));

        // A queue, not recursion: a long chain of references must not cost stack.
        while (compiler._pending.TryDequeue(out var next))
        {
            compiler.Fill(next.Node, next.At);
        }

        compiler.RefuseEndlessReferences();
        return node;
    }

    private SchemaNode Node(SchemaLocation at)
    {
        if (_nodes.TryGetValue(at.Key, out var node))
        {
            return node;
        }

        if (at.Element.ValueKind != JsonValueKind.Object)
        {
            throw at.Error("A schema must be an object.");
        }

        node = new SchemaNode(at.BuiltIn ? "" : at.Pointer);
        _nodes.Add(at.Key, node);
        _pending.Enqueue((node, _references.Rebased(at)));
        return node;
    }

    private void Fill(SchemaNode node, SchemaLocation at)
    {
        if (Find(at, "$ref", JsonValueKind.String, "a string") is { } reference)
        {
            node.Target = Node(_references.Resolve(reference.Element.GetString()!, reference));
            return;
        }

        Find(at, "id", JsonValueKind.String, "a string");
        Find(at, "$schema", JsonValueKind.String, "a string");
        foreach (var definition in Map(at, "definitions").Values)
        {
            // Compiled even if nothing refers to it: an error in it is an error of the schema.
            Node(definition);
        }

        node.Types = Types(at);
        node.Enum = Enumeration(at);
        node.Numbers = Numbers(at);
        node.Strings = Strings(at);
        node.Arrays = Arrays(at);
        node.Objects = Objects(at);
        node.AllOf = Schemas(at, "allOf");
        node.AnyOf = Schemas(at, "anyOf");
        node.OneOf = Schemas(at, "oneOf");
        node.Not = Find(at, "not", JsonValueKind.Object, "a schema") is { } not ? Node(not) : null;
    }

    private static JsonTypes Types(SchemaLocation at)
    {
        if (Find(at, "type") is not { } type)
        {
            return JsonTypes.None;
        }

        switch (type.Element.ValueKind)
        {
            case JsonValueKind.String:
                return TypeNamed(type);
            case JsonValueKind.Array when type.Element.GetArrayLength() > 0:
                return Items(type).Aggregate(JsonTypes.None, (types, item) => types | TypeNamed(item));
            default:
                throw type.Error("'type' must be a string or an array of at least one string.");
        }
    }

    private static JsonTypes TypeNamed(SchemaLocation at) => (at.Element.ValueKind == JsonValueKind.String ? at.Element.GetString() : null) switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "integer" => JsonTypes.Integer,
        "number" => JsonTypes.Number,
        "string" => JsonTypes.String,
        "array" => JsonTypes.Array,
        "object" => JsonTypes.Object,
        _ => throw at.Error($"{at.Element.GetRawText()} is not a type: array, boolean, integer, null, number, object or string."),
    };

    private static EnumRule? Enumeration(SchemaLocation at)
    {
        if (Find(at, "enum", JsonValueKind.Array, "an array") is not { } values)
        {
            return null;
        }

        if (values.Element.GetArrayLength() == 0)
        {
            throw values.Error("'enum' must have at least one value.");
        }

        var elements = values.Element.EnumerateArray().ToArray();
        return new EnumRule(elements, [.. elements.Select(JsonValueComparer.Instance.GetHashCode)]);
    }

    private static NumberRules? Numbers(SchemaLocation at)
    {
        var minimum = Number(at, "minimum");
        var maximum = Number(at, "maximum");
        var exclusiveMinimum = Exclusive(at, "exclusiveMinimum", "minimum", minimum);
        var exclusiveMaximum = Exclusive(at, "exclusiveMaximum", "maximum", maximum);
        var multipleOf = Number(at, "multipleOf");
        if (multipleOf is { IsPositive: false })
        {
            throw at.Child(at.Element, "multipleOf").Error("'multipleOf' must be greater than 0.");
        }

        return minimum is null && maximum is null && multipleOf is null
            ? null
            : new NumberRules(minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf);
    }

    private static JsonNumber? Number(SchemaLocation at, string keyword) =>
        Find(at, keyword, JsonValueKind.Number, "a number") is { } number ? new JsonNumber(number.Element) : null;

    private static bool Exclusive(SchemaLocation at, string keyword, string bound, JsonNumber? boundValue)
    {
        if (Find(at, keyword) is not { } flag)
        {
            return false;
        }

        if (flag.Element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw flag.Error($"'{keyword}' must be a boolean, as draft-04 has it; give the number as '{bound}'.");
        }

        return boundValue is null
            ? throw flag.Error($"'{keyword}' needs '{bound}' beside it.")
            : flag.Element.GetBoolean();
    }

    private static StringRules? Strings(SchemaLocation at)
    {
        var min = Count(at, "minLength") ?? 0;
        var max = Count(at, "maxLength") ?? long.MaxValue;
        var pattern = Find(at, "pattern", JsonValueKind.String, "a string");
        var format = Find(at, "format", JsonValueKind.String, "a string")?.Element.GetString();
        var test = format is null ? null : SchemaFormats.Find(format);
        return min == 0 && max == long.MaxValue && pattern is null && test is null
            ? null
            : new StringRules(min, max, pattern is { } p ? Pattern(p, p.Element.GetString()!) : null,
                pattern?.Element.GetString() ?? "", format, test);
    }

    private static Regex Pattern(SchemaLocation at, string pattern)
    {
        try
        {
            return SchemaRegex.Compile(pattern);
        }
        catch (ArgumentException exception)
        {
            throw at.Error($"'{pattern}' is not a regular expression: {exception.Message}", exception);
        }
    }

    private ArrayRules? Arrays(SchemaLocation at)
    {
        var min = Count(at, "minItems") ?? 0;
        var max = Count(at, "maxItems") ?? long.MaxValue;
        var unique = Flag(at, "uniqueItems");
        var (rest, restForbidden) = SchemaOrFlag(at, "additionalItems");
        SchemaNode? each = null;
        SchemaNode[]? tuple = null;
        if (Find(at, "items") is { } items)
        {
            switch (items.Element.ValueKind)
            {
                case JsonValueKind.Object:
                    each = Node(items);
                    break;
                case JsonValueKind.Array:
                    tuple = [.. Items(items).Select(Node)];
                    break;
                default:
                    throw items.Error("'items' must be a schema or an array of schemas.");
            }
        }

        return min == 0 && max == long.MaxValue && !unique && each is null && tuple is null
            ? null
            : new ArrayRules(min, max, unique, each, tuple, rest, restForbidden);
    }

    private SchemaNode[] Schemas(SchemaLocation at, string keyword)
    {
        if (Find(at, keyword, JsonValueKind.Array, "an array of schemas") is not { } list)
        {
            return [];
        }

        return list.Element.GetArrayLength() == 0
            ? throw list.Error($"'{keyword}' must have at least one schema.")
            : [.. Items(list).Select(Node)];
    }

    /// <summary>A schema that applies itself to the same value again would never end.</summary>
    private void RefuseEndlessReferences()
    {
        var done = new HashSet<SchemaNode>();
        var open = new HashSet<SchemaNode>();
        var stack = new Stack<(SchemaNode Node, IEnumerator<SchemaNode> Next)>();
        foreach (var start in _nodes.Values.Where(start => !done.Contains(start)))
        {
            open.Add(start);
            stack.Push((start, start.InPlace.GetEnumerator()));
            while (stack.TryPeek(out var top))
            {
                if (!top.Next.MoveNext())
                {
                    stack.Pop();
                    open.Remove(top.Node);
                    done.Add(top.Node);
                }
                else if (open.Contains(top.Next.Current))
                {
                    throw new JsonSchemaException(top.Node.Pointer, $"The schema refers back to itself at '{top.Next.Current.Pointer}' without going into the value, so it would never end.");
                }
                else if (!done.Contains(top.Next.Current))
                {
                    open.Add(top.Next.Current);
                    stack.Push((top.Next.Current, top.Next.Current.InPlace.GetEnumerator()));
                }
            }
        }
    }
}
