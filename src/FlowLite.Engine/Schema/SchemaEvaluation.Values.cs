using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace FlowLite.Engine.Schema;

internal partial struct SchemaEvaluation
{
    private readonly bool Number(NumberRules rules, JsonElement value, PathNode? path)
    {
        var ok = true;
        var kind = _errors is null ? "" : Describe(TypeOf(value));
        if (rules.Minimum is not null)
        {
            var order = rules.Minimum.CompareFrom(value);
            if (order < 0 || (order == 0 && rules.ExclusiveMinimum))
            {
                ok = _errors is not null && Add(path, "minimum", order < 0
                    ? $"{kind} {Shorten(value.GetRawText())} is less than minimum value of {rules.Minimum}."
                    : $"{kind} {Shorten(value.GetRawText())} equals minimum value of {rules.Minimum} and exclusive minimum is true.");
            }
        }

        if (rules.Maximum is not null)
        {
            var order = rules.Maximum.CompareFrom(value);
            if (order > 0 || (order == 0 && rules.ExclusiveMaximum))
            {
                ok = _errors is not null && Add(path, "maximum", order > 0
                    ? $"{kind} {Shorten(value.GetRawText())} exceeds maximum value of {rules.Maximum}."
                    : $"{kind} {Shorten(value.GetRawText())} equals maximum value of {rules.Maximum} and exclusive maximum is true.");
            }
        }

        if (rules.MultipleOf is not null && !rules.MultipleOf.Divides(value))
        {
            ok = _errors is not null && Add(path, "multipleOf", $"{kind} {Shorten(value.GetRawText())} is not a multiple of {rules.MultipleOf}.");
        }

        return ok;
    }

    private bool Text(StringRules rules, JsonElement value, PathNode? path)
    {
        var ok = true;
        if (rules.MinLength > 0 || rules.MaxLength < long.MaxValue)
        {
            if (!JsonText.TryCountCodePoints(value, out var length))
            {
                return NotUnicode(path, "type");
            }

            if (length < rules.MinLength)
            {
                ok = _errors is not null && Add(path, "minLength", $"String '{Shorten(value.GetString()!)}' is less than minimum length of {rules.MinLength}.");
            }
            else if (length > rules.MaxLength)
            {
                ok = _errors is not null && Add(path, "maxLength", $"String '{Shorten(value.GetString()!)}' exceeds maximum length of {rules.MaxLength}.");
            }
        }

        if ((!ok && _errors is null) || (rules.Pattern is null && rules.FormatTest is null))
        {
            return ok;
        }

        if (!JsonText.TryGetString(value, out var text))
        {
            return NotUnicode(path, "type");
        }

        if (rules.Pattern is not null)
        {
            if (!TryMatch(rules.Pattern, text, path, "pattern", out var matches))
            {
                return false;
            }

            ok &= matches
                || (_errors is not null && Add(path, "pattern", $"String '{Shorten(text)}' does not match regex pattern '{Shorten(rules.PatternText)}'."));
        }

        return ok & (rules.FormatTest is null || rules.FormatTest(text)
            || (_errors is not null && Add(path, "format", $"String '{Shorten(text)}' does not validate against format '{rules.Format}'.")));
    }

    private bool Array(ArrayRules rules, JsonElement value, PathNode? path)
    {
        var ok = true;
        var count = value.GetArrayLength();
        if (count < rules.MinItems)
        {
            ok = _errors is not null && Add(path, "minItems", $"Array item count {count} is less than minimum count of {rules.MinItems}.");
        }
        else if (count > rules.MaxItems)
        {
            ok = _errors is not null && Add(path, "maxItems", $"Array item count {count} exceeds maximum count of {rules.MaxItems}.");
        }

        if (rules.Tuple is not null && rules.RestForbidden && count > rules.Tuple.Length)
        {
            ok = _errors is not null && Add(path, "additionalItems",
                $"Index {rules.Tuple.Length + 1} has not been defined and the JSON schema does not allow additional items.");
        }

        if ((ok || _errors is not null) && rules.Unique && count > 1)
        {
            ok &= AllUnique(value, path);
        }

        return (ok || _errors is not null) && Items(rules, value, path) && ok;
    }

    private bool Items(ArrayRules rules, JsonElement value, PathNode? path)
    {
        if (rules.Each is null && rules.Tuple is null)
        {
            return true;
        }

        var ok = true;
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            var schema = rules.Each ?? (index < rules.Tuple!.Length ? rules.Tuple[index] : rules.Rest);
            ok &= schema is null || Evaluate(schema, item, Step(path, index));
            if ((!ok && _errors is null) || IsOver)
            {
                return ok;
            }

            index++;
        }

        return ok;
    }

    private bool AllUnique(JsonElement value, PathNode? path)
    {
        try
        {
            var seen = new HashSet<JsonElement>(value.GetArrayLength(), JsonValueComparer.Instance);
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (!seen.Add(item))
                {
                    return _errors is not null && Add(path, "uniqueItems", $"Non-unique array item at index {index}.");
                }

                index++;
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return NotUnicode(path, "uniqueItems");
        }
    }

    private bool Object(ObjectRules rules, JsonElement value, PathNode? path)
    {
        Dictionary<string, JsonProperty>? last;
        try
        {
            last = JsonObjectKeys.LastOfDuplicates(value);
        }
        catch (InvalidOperationException)
        {
            return NotUnicode(path, "properties");
        }

        var ok = true;
        var count = last?.Count ?? value.GetPropertyCount();
        if (count < rules.MinProperties)
        {
            ok = _errors is not null && Add(path, "minProperties", $"Object property count {count} is less than minimum count of {rules.MinProperties}.");
        }
        else if (count > rules.MaxProperties)
        {
            ok = _errors is not null && Add(path, "maxProperties", $"Object property count {count} exceeds maximum count of {rules.MaxProperties}.");
        }

        if (!ok && _errors is null)
        {
            return false;
        }

        const int StackWords = 4;
        const int WordBits = 64;
        var words = (rules.Bits + WordBits - 1) / WordBits;
        Span<ulong> seen = words <= StackWords ? stackalloc ulong[StackWords] : new ulong[words];
        if (last is null)
        {
            foreach (var property in value.EnumerateObject())
            {
                ok &= Property(rules, property, seen, path);
                if ((!ok && _errors is null) || IsOver)
                {
                    return false;
                }
            }
        }
        else
        {
            foreach (var property in last.Values)
            {
                ok &= Property(rules, property, seen, path);
                if ((!ok && _errors is null) || IsOver)
                {
                    return false;
                }
            }
        }

        ok &= HasRequired(rules.Required, seen, path);
        return (ok || _errors is not null) && (rules.Dependencies.Length == 0 || DependenciesHold(rules, value, seen, path)) && ok;
    }

    private bool Property(ObjectRules rules, in JsonProperty property, Span<ulong> seen, PathNode? path)
    {
        if (!TryFind(rules, property, out var slot))
        {
            return NotUnicode(path, "properties");
        }

        if (slot is not null)
        {
            seen[slot.Bit >> 6] |= 1UL << slot.Bit;
        }

        var isNullAllowed = _allowNull && property.Value.ValueKind == JsonValueKind.Null && slot is not { Required: true };
        var schema = slot?.Schema;
        if (schema is null && rules.Patterns.Length == 0 && rules.Additional is null && !rules.AdditionalForbidden)
        {
            return true;
        }

        var name = _report is null && rules.Patterns.Length == 0 ? "" : property.Name;
        var at = Step(path, name);
        var known = schema is not null;
        var ok = schema is null || isNullAllowed || Evaluate(schema, property.Value, at);
        foreach (var (regex, patternSchema) in rules.Patterns)
        {
            if (!TryMatch(regex, name, at, "patternProperties", out var matches))
            {
                return false;
            }

            known |= matches;
            ok &= !matches || isNullAllowed || Evaluate(patternSchema, property.Value, at);
        }

        if (!known && rules.AdditionalForbidden)
        {
            return _errors is not null && Add(at, "additionalProperties",
                $"Property '{Shorten(name)}' has not been defined and the schema does not allow additional properties.");
        }

        return ok & (known || rules.Additional is null || isNullAllowed || Evaluate(rules.Additional, property.Value, at));
    }

    /// <summary>Looks the name up without building it as a string in the usual case; false if it is not Unicode.</summary>
    private static bool TryFind(ObjectRules rules, in JsonProperty property, out PropertySlot? slot)
    {
        const int StackChars = 128;
        var raw = JsonMarshal.GetRawUtf8PropertyName(property);
        if (raw.Length <= StackChars && !raw.Contains((byte)'\\'))
        {
            Span<char> chars = stackalloc char[StackChars];
            var status = Utf8.ToUtf16(raw, chars, out _, out var length, replaceInvalidSequences: false);
            slot = status == System.Buffers.OperationStatus.Done ? rules.Find(chars[..length]) : null;
            return status == System.Buffers.OperationStatus.Done;
        }

        var readable = JsonText.TryGetName(property, out var name);
        slot = readable ? rules.Find(name) : null;
        return readable;
    }

    private readonly bool HasRequired(PropertySlot[] required, ReadOnlySpan<ulong> seen, PathNode? path)
    {
        List<string>? missing = null;
        foreach (var slot in required)
        {
            if (!IsSeen(seen, slot))
            {
                if (_errors is null)
                {
                    return false;
                }

                (missing ??= []).Add(slot.Name);
            }
        }

        return missing is null || Add(path, "required", $"Required properties are missing from object: {string.Join(", ", missing)}.");
    }

    private bool DependenciesHold(ObjectRules rules, JsonElement value, ReadOnlySpan<ulong> seen, PathNode? path)
    {
        var ok = true;
        foreach (var rule in rules.Dependencies)
        {
            if (!IsSeen(seen, rule.Property))
            {
                continue;
            }

            List<string>? missing = null;
            foreach (var key in rule.Keys)
            {
                if (!IsSeen(seen, key))
                {
                    (missing ??= []).Add(key.Name);
                }
            }

            ok &= missing is null || (_errors is not null && Add(path, "dependencies",
                $"Dependencies for property '{rule.Property.Name}' failed. Missing required keys: {string.Join(", ", missing)}."));
            ok &= rule.Schema is null || Evaluate(rule.Schema, value, path);
            if (!ok && _errors is null)
            {
                return false;
            }
        }

        return ok;
    }

    private static bool IsSeen(ReadOnlySpan<ulong> seen, PropertySlot slot) => (seen[slot.Bit >> 6] & (1UL << slot.Bit)) != 0;
}
