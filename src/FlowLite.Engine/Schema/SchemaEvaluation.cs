using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FlowLite.Engine.Schema;

/// <summary>
/// One validation. Fails fast and builds nothing when no errors are collected, which is also how the branches of
/// <c>anyOf</c>, <c>oneOf</c> and <c>not</c> are tried.
/// </summary>
internal partial struct SchemaEvaluation(List<JsonSchemaError>? errors, bool allowNull)
{
    private const int MaxErrors = 100;

    // A schema that repeats references can demand exponential work; this is more than any honest one does.
    private const long BaseSteps = 5_000_000;
    private const long StepsPerByte = 100;

    private readonly List<JsonSchemaError>? _report = errors;
    private List<JsonSchemaError>? _errors = errors;
    private bool _allowNull = allowNull;
    private bool _aborted;
    private long _stepsLeft;

    public bool Run(SchemaNode root, JsonElement instance)
    {
        if (instance.ValueKind == JsonValueKind.Undefined)
        {
            return Abort(null, "type", "There is no value.");
        }

        _stepsLeft = BaseSteps + StepsPerByte * JsonMarshal.GetRawUtf8Value(instance).Length;
        try
        {
            return Evaluate(root, instance, null) && !_aborted;
        }
        catch (InsufficientExecutionStackException)
        {
            return Abort(null, "$schema", "The value is nested too deeply.");
        }
    }

    private readonly bool IsOver => _aborted || _errors?.Count >= MaxErrors;

    private readonly PathNode? Step(PathNode? path, string name) => _report is null ? null : new PathNode(path, name);

    private readonly PathNode? Step(PathNode? path, int index) =>
        _report is null ? null : new PathNode(path, index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private bool Evaluate(SchemaNode node, JsonElement value, PathNode? path)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        while (node.Target is { } target)
        {
            node = target;
        }

        if (IsOver)
        {
            return false;
        }

        if (--_stepsLeft < 0)
        {
            return Abort(path, "$ref", "The schema needs too many steps for this value.");
        }

        var ok = true;
        if (node.Types != JsonTypes.None && (node.Types & TypeOf(value)) == 0)
        {
            if (_errors is null)
            {
                return false;
            }

            ok = Add(path, "type", $"Invalid type. Expected {Describe(node.Types)} but got {Describe(TypeOf(value))}.");
        }

        ok &= node.Enum is null || InEnum(node.Enum, value, path);
        ok &= (ok || _errors is not null) && value.ValueKind switch
        {
            JsonValueKind.Number => node.Numbers is null || Number(node.Numbers, value, path),
            JsonValueKind.String => node.Strings is null || Text(node.Strings, value, path),
            JsonValueKind.Array => node.Arrays is null || Array(node.Arrays, value, path),
            JsonValueKind.Object => node.Objects is null || Object(node.Objects, value, path),
            _ => true,
        };
        return (ok || _errors is not null) && Combined(node, value, path) && ok;
    }

    private bool InEnum(EnumRule rule, JsonElement value, PathNode? path)
    {
        try
        {
            return rule.Contains(value)
                || (_errors is not null && Add(path, "enum", $"Value {Shorten(value.GetRawText())} is not defined in enum."));
        }
        catch (InvalidOperationException)
        {
            return NotUnicode(path, "enum");
        }
    }

    private bool Combined(SchemaNode node, JsonElement value, PathNode? path)
    {
        var ok = true;
        foreach (var schema in node.AllOf)
        {
            ok &= Evaluate(schema, value, path);
            if (!ok && _errors is null)
            {
                return false;
            }
        }

        if (node.AnyOf.Length > 0 && Matches(node.AnyOf, value, path, enough: 1) == 0)
        {
            if (_errors is null)
            {
                return false;
            }

            ok = Add(path, "anyOf", "JSON does not match any schemas from 'anyOf'.");
        }

        ok &= node.OneOf.Length == 0 || OneOf(node.OneOf, value, path);
        return ok & (node.Not is null || Not(node.Not, value, path));
    }

    private bool OneOf(SchemaNode[] schemas, JsonElement value, PathNode? path)
    {
        var matches = Matches(schemas, value, path, enough: 2);
        if (matches > 1 && _allowNull)
        {
            // Tolerated nulls must not make branches alike that the schema tells apart by them.
            _allowNull = false;
            matches = Matches(schemas, value, path, enough: 2);
            _allowNull = true;
            matches = matches == 1 ? 1 : 2;
        }

        return matches == 1 || (_errors is not null && Add(path, "oneOf", matches == 0
            ? "JSON is valid against no schemas from 'oneOf'."
            : "JSON is valid against more than one schema from 'oneOf'."));
    }

    private bool Not(SchemaNode schema, JsonElement value, PathNode? path)
    {
        var allowNull = _allowNull;
        _allowNull = false;
        var matches = Matches([schema], value, path, enough: 1);
        _allowNull = allowNull;
        return matches == 0 ? !_aborted : _errors is not null && Add(path, "not", "JSON is valid against schema from 'not'.");
    }

    /// <summary>How many of the schemas match, counted up to <paramref name="enough"/>, without reporting their errors.</summary>
    private int Matches(ReadOnlySpan<SchemaNode> schemas, JsonElement value, PathNode? path, int enough)
    {
        var errors = _errors;
        _errors = null;
        var count = 0;
        foreach (var schema in schemas)
        {
            count += Evaluate(schema, value, path) ? 1 : 0;
            if (count >= enough)
            {
                break;
            }
        }

        _errors = errors;
        return count;
    }

    /// <summary>Records an error; always false, so that a check can return it.</summary>
    private readonly bool Add(PathNode? path, string keyword, string message)
    {
        if (!IsOver)
        {
            _errors!.Add(new JsonSchemaError(PathNode.Render(path), keyword, message));
        }

        return false;
    }

    /// <summary>Ends the validation as invalid: the value cannot be judged, so not even <c>not</c> may turn it into a match.</summary>
    private bool Abort(PathNode? path, string keyword, string message)
    {
        if (!_aborted)
        {
            _aborted = true;
            _report?.Add(new JsonSchemaError(PathNode.Render(path), keyword, message));
        }

        return false;
    }

    private bool NotUnicode(PathNode? path, string keyword) => Abort(path, keyword, "The text is not valid Unicode.");

    private bool TryMatch(Regex regex, string text, PathNode? path, string keyword, out bool matches)
    {
        try
        {
            matches = regex.IsMatch(text);
            return true;
        }
        catch (RegexMatchTimeoutException)
        {
            matches = false;
            return Abort(path, keyword, $"The regex pattern took more than {SchemaRegex.Timeout.TotalMilliseconds} ms.");
        }
    }

    private static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonTypes.Object,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Number => JsonNumber.IsInteger(value) ? JsonTypes.Integer : JsonTypes.Fraction,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        _ => JsonTypes.Null,
    };

    private static string Describe(JsonTypes types)
    {
        var names = new List<string>();
        void Name(JsonTypes type, string name)
        {
            if (types.HasFlag(type))
            {
                names.Add(name);
            }
        }

        Name(JsonTypes.String, "String");
        if ((types & JsonTypes.Fraction) != 0)
        {
            names.Add("Number");
        }
        else
        {
            Name(JsonTypes.Integer, "Integer");
        }

        Name(JsonTypes.Boolean, "Boolean");
        Name(JsonTypes.Object, "Object");
        Name(JsonTypes.Array, "Array");
        Name(JsonTypes.Null, "Null");
        return string.Join(", ", names);
    }

    /// <summary>Messages name values, but a hostile value must not make a hostile message.</summary>
    private static string Shorten(string text)
    {
        const int Limit = 80;
        if (text.Length <= Limit)
        {
            return text;
        }

        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[Limit - 1]) ? Limit - 1 : Limit), "...");
    }

    /// <summary>The way to a value, linked towards the root; rendered only for errors.</summary>
    private sealed record PathNode(PathNode? Parent, string Name)
    {
        public static string Render(PathNode? path)
        {
            var names = new Stack<string>();
            for (var node = path; node is not null; node = node.Parent)
            {
                names.Push(node.Name);
            }

            var pointer = new StringBuilder();
            foreach (var name in names)
            {
                pointer.Append('/').Append(name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
            }

            return pointer.ToString();
        }
    }
}
