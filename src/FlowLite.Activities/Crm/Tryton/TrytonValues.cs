using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Tryton;

/// <summary>
/// Values between plain JSON and Tryton's: dates, times, decimals and bytes are objects there (<c>{"__class__":"date","year":…}</c>).
/// Tryton itself takes what is of another type than its column, and stores it as it is: so types are looked at here.
/// </summary>
internal static class TrytonValues
{
    /// <param name="columns">The model's own description (<c>fields_get</c>).</param>
    /// <exception cref="ActivityException"><c>InvalidColumn</c>, <c>InvalidValue</c>: which column, and what it takes.</exception>
    public static JsonNode? Write(string model, JsonElement columns, string name, JsonElement value)
    {
        var type = columns.TryGetProperty(name, out var column) && column.TryGetProperty("type", out var given)
            ? given.GetString()
            : throw new ActivityException("InvalidColumn", $"The model {model} has no column '{name}'.");
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var text = InputValues.Text(value);
        return type switch
        {
            // A text that is empty is one that the lead doesn't have.
            not ("char" or "text" or "fulltext") when value.ValueKind == JsonValueKind.String && text.Length == 0 => null,
            "char" or "text" or "fulltext" or "reference" or "selection" => JsonValue.Create(text),
            "integer" or "bigint" or "many2one" or "one2one" => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : throw Invalid("a whole number"),
            "float" => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : throw Invalid("a number"),
            "numeric" => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? new JsonObject { ["__class__"] = "Decimal", ["decimal"] = number.ToString(CultureInfo.InvariantCulture) } : throw Invalid("a number"),
            "boolean" => bool.TryParse(text, out var yes) ? JsonValue.Create(yes) : throw Invalid("true or false"),
            "date" => Time(text) is { } date ? Date(date) : throw Invalid("a date: 2026-01-31"),
            "datetime" or "timestamp" => Time(text) is { } time ? DateTime(time) : throw Invalid("a date and time: 2026-01-31T08:00:00Z"),
            "binary" => new JsonObject { ["__class__"] = "bytes", ["base64"] = text },
            _ => JsonNode.Parse(value.GetRawText()),
        };

        ActivityException Invalid(string wanted) => new("InvalidValue", $"The column '{name}' of {model} takes {wanted}, not '{(text.Length > 100 ? text[..100] + "…" : text)}'.");
    }

    /// <summary>A record as plain JSON.</summary>
    public static JsonElement Read(JsonElement record) => JsonValues.Object(writer =>
    {
        foreach (var member in record.EnumerateObject().Where(member => member.Name != "_timestamp"))
        {
            writer.WritePropertyName(member.Name);
            Read(writer, member.Value);
        }
    });

    private static void Read(Utf8JsonWriter writer, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("__class__", out var kind))
        {
            value.WriteTo(writer);
            return;
        }

        int Part(string name) => value.TryGetProperty(name, out var part) ? part.GetInt32() : 0;
        switch (kind.GetString())
        {
            case "date":
                writer.WriteStringValue(new DateOnly(Part("year"), Part("month"), Part("day")).ToString("O", CultureInfo.InvariantCulture));
                break;
            case "datetime":
                writer.WriteStringValue(new DateTime(Part("year"), Part("month"), Part("day"), Part("hour"), Part("minute"), Part("second"), DateTimeKind.Utc).AddMicroseconds(Part("microsecond")));
                break;
            case "Decimal" when decimal.TryParse(value.GetProperty("decimal").GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                writer.WriteNumberValue(number);
                break;
            case "bytes":
                value.GetProperty("base64").WriteTo(writer);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static JsonObject Date(DateTimeOffset date) => new() { ["__class__"] = "date", ["year"] = date.Year, ["month"] = date.Month, ["day"] = date.Day };

    private static JsonObject DateTime(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        return new()
        {
            ["__class__"] = "datetime",
            ["year"] = utc.Year,
            ["month"] = utc.Month,
            ["day"] = utc.Day,
            ["hour"] = utc.Hour,
            ["minute"] = utc.Minute,
            ["second"] = utc.Second,
            ["microsecond"] = (int)(utc.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond),
        };
    }
}
