using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>What a variable is declared to hold.</summary>
/// <param name="Name">As Elsa calls it, such as <c>Int32</c>; null: anything.</param>
/// <param name="IsArray">A list of such values.</param>
public sealed record VariableType(string? Name, bool IsArray = false)
{
    private readonly string? _shortName = Short(Name);
    private readonly Func<JsonElement, JsonElement?>? _read = Read(Short(Name));

    /// <summary>
    /// The value as one of this type, as in Elsa: Liquid gives only texts, and the Studio saves every literal as text. Nothing, and a text
    /// without content where the type is no text, is null.
    /// </summary>
    /// <returns>False: it is none, and can't be read as one.</returns>
    public bool TryFit(JsonElement value, out JsonElement fitted) => IsArray ? TryFitList(value, out fitted) : TryFitOne(value, out fitted);

    /// <summary>The same of what the Studio saves, which is text whatever the type: where anything may be, a text that is JSON is that.</summary>
    internal bool TryReadText(JsonElement value, out JsonElement read) =>
        TryFit(HoldsAnything && value.ValueKind == JsonValueKind.String && TryParse(value.GetString()!, out var parsed) ? parsed : value, out read);

    private bool HoldsAnything => Name is not null && _shortName != "String" && (_read is null || IsJson(_shortName));

    private static string? Short(string? name) => name?.StartsWith("System.", StringComparison.Ordinal) == true ? name["System.".Length..] : name;

    public override string ToString() => IsArray ? $"list of {Name ?? "Object"}" : Name ?? "Object";

    private bool TryFitList(JsonElement value, out JsonElement fitted)
    {
        if (IsNothing(value))
        {
            fitted = JsonValues.Null;
            return true;
        }

        fitted = value.ValueKind == JsonValueKind.String && TryParse(value.GetString()!, out var parsed) ? parsed : value;
        if (fitted.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        var items = new List<JsonElement>(fitted.GetArrayLength());
        foreach (var item in fitted.EnumerateArray())
        {
            if (!TryFitOne(item, out var fit))
            {
                return false;
            }

            items.Add(fit);
        }

        fitted = JsonValues.Write(items, static (writer, list) =>
        {
            writer.WriteStartArray();
            foreach (var item in list)
            {
                item.WriteTo(writer);
            }

            writer.WriteEndArray();
        });
        return true;
    }

    private bool TryFitOne(JsonElement value, out JsonElement fitted)
    {
        fitted = value;
        if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            fitted = JsonValues.Null;
            return true;
        }

        if (_shortName == "String")
        {
            // A request's body in a variable that nobody gave another type keeps its members; put into a text it is JSON anyway.
            fitted = value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? JsonValues.String(value.GetRawText()) : value;
            return true;
        }

        if (_read is null)
        {
            return true;
        }

        fitted = IsNothing(value) ? JsonValues.Null : _read(value) ?? default;
        return fitted.ValueKind != JsonValueKind.Undefined;
    }

    /// <summary>Gives the value as one of the type, null where it is none; itself null for a type that holds anything.</summary>
    private static Func<JsonElement, JsonElement?>? Read(string? name) => name switch
    {
        "Int32" => value => Whole(value, int.MinValue, int.MaxValue),
        "Int64" or "Long" => value => Whole(value, long.MinValue, long.MaxValue),
        "Double" or "Decimal" or "Single" => Number,
        "Boolean" => value => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value
            : Text(value) is { } text && bool.TryParse(text, out var boolean) ? JsonValues.Boolean(boolean) : null,
        "DateTime" or "DateTimeOffset" => value => Text(value) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) ? value : null,
        "TimeSpan" => value => Text(value) is { } text && InputValues.TryDuration(text, out _) ? value : null,
        "Guid" => value => Text(value) is { } text && Guid.TryParse(text, CultureInfo.InvariantCulture, out _) ? value : null,
        // What these hold in Elsa is JSON; here as everywhere anything may be.
        _ when IsJson(name) => value =>
            Text(value) is { } text && TryParse(text, out var parsed) && parsed.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? parsed : value,
        _ => null,
    };

    private static bool IsJson(string? name) => name is "JSON" or "JsonObject" or "JsonNode" or "JsonElement" or "ObjectDictionary" or "StringDictionary";

    private static JsonElement? Whole(JsonElement value, long least, long most)
    {
        if (Number(value) is not { } number)
        {
            return null;
        }

        if (!number.TryGetInt64(out var whole))
        {
            // 5.0 and 5e3 are whole too.
            if (!number.TryGetDecimal(out var exact) || exact != decimal.Truncate(exact) || exact < least || exact > most)
            {
                return null;
            }

            number = JsonValues.Number(whole = (long)exact);
        }

        return whole >= least && whole <= most ? number : null;
    }

    private static JsonElement? Number(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            return value;
        }

        if (Text(value) is not { } text)
        {
            return null;
        }

        // As it is written, where JSON writes it like this; "05" and "+5" are numbers all the same.
        if (TryParse(text, out var parsed) && parsed.ValueKind == JsonValueKind.Number)
        {
            return parsed.TryGetDouble(out var number) && double.IsFinite(number) ? parsed : null;
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) ? JsonElement.Parse(exact.ToString(CultureInfo.InvariantCulture)) : null;
    }

    private static bool IsNothing(JsonElement value) =>
        value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined || (value.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(value.GetString()));

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()!.Trim() : null;

    private static bool TryParse(string text, out JsonElement value) => ForeignJson.TryParse(Encoding.UTF8.GetBytes(text), out value);
}
