using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.AzureTable;

/// <summary>
/// A row between JSON and the service's types. Texts, numbers and booleans are stored as what they are, objects and lists as
/// their JSON text. <c>{"Due":"2026-01-31T08:00:00Z","Due@odata.type":"Edm.DateTime"}</c> chooses another type, as in the service's own JSON.
/// </summary>
internal static class TableRow
{
    /// <summary>In UTF-16 code units: 64 KiB (Azure, "Understanding the Table service data model").</summary>
    public const int LongestText = 32 * 1024;
    private const int MostBytes = 1024 * 1024;
    private const int MostColumns = 252;
    private const int LongestName = 255;
    private const int LongestKey = 512;
    private const string TypeSuffix = "@odata.type";

    /// <summary>What a key may be: no / \ # ? and no control characters.</summary>
    public static bool IsKey(string text) => text.Length <= LongestKey && !text.Any(c => c is '/' or '\\' or '#' or '?' || char.IsControl(c));

    /// <param name="fields">A JSON object; nulls are left out.</param>
    /// <exception cref="ActivityException"><c>InvalidColumn</c>, <c>InvalidValue</c>, <c>TooLarge</c>: which column, and what is wrong with it.</exception>
    public static TableEntity Of(string partition, string row, JsonElement fields)
    {
        var entity = new TableEntity(partition, row);
        var bytes = 0L;
        foreach (var field in fields.EnumerateObject())
        {
            if (field.Name.EndsWith(TypeSuffix, StringComparison.Ordinal) || field.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            CheckName(field.Name);
            var type = fields.TryGetProperty(field.Name + TypeSuffix, out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
            var value = Value(field.Name, field.Value, type);
            entity[field.Name] = value;
            bytes += (2 * field.Name.Length) + Size(field.Name, value);
        }

        if (entity.Count - 2 > MostColumns)
        {
            throw new ActivityException("TooLarge", $"A row has at most {MostColumns} columns beside its key; this one has {entity.Count - 2}.");
        }

        return bytes <= MostBytes ? entity : throw new ActivityException("TooLarge", $"A row has at most 1 MiB; this one has {bytes} bytes.");
    }

    /// <summary>Columns that are given as null.</summary>
    public static IEnumerable<string> Cleared(JsonElement fields) =>
        fields.EnumerateObject().Where(field => field.Value.ValueKind == JsonValueKind.Null).Select(field => field.Name);

    public static JsonElement Json(TableEntity entity) => JsonValues.Object(writer =>
    {
        foreach (var (name, value) in entity.Where(column => !column.Key.StartsWith("odata.", StringComparison.Ordinal)))
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }
    });

    public static CrmFieldType Type(object? value) => value switch
    {
        int or long => CrmFieldType.WholeNumber,
        double => CrmFieldType.Number,
        bool => CrmFieldType.YesNo,
        string { Length: > 200 } => CrmFieldType.Memo,
        string => CrmFieldType.Text,
        // The form has no editor that says the type as well.
        _ => CrmFieldType.Other,
    };

    private static void CheckName(string name)
    {
        if (name is "PartitionKey" or "RowKey" or "Timestamp" or "odata.etag")
        {
            throw new ActivityException("InvalidColumn", $"The column '{name}' can't be filled: the keys come from the connection and the lead, the time from the service.");
        }

        // C#'s rules for identifiers hold.
        if (name.Length is 0 or > LongestName || !(char.IsLetter(name[0]) || name[0] == '_') || !name.All(c => char.IsLetterOrDigit(c) || c == '_'))
        {
            throw new ActivityException("InvalidColumn", $"'{name}' is no name of a column: at most {LongestName} letters, digits and underscores, not beginning with a digit.");
        }
    }

    private static object Value(string name, JsonElement value, string? type)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : JsonValues.CompactText(value);
        object? typed = type switch
        {
            null => value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number when value.TryGetInt32(out var number) => number,
                JsonValueKind.Number when value.TryGetInt64(out var number) => number,
                JsonValueKind.Number => value.GetDouble(),
                _ => text,
            },
            "Edm.String" => text,
            "Edm.Int32" => int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null,
            "Edm.Int64" => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null,
            "Edm.Double" => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null,
            "Edm.Boolean" => bool.TryParse(text, out var yes) ? yes : null,
            "Edm.Guid" => Guid.TryParse(text, out var id) ? id : null,
            "Edm.DateTime" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
            "Edm.Binary" => Bytes(text),
            _ => throw new ActivityException("InvalidValue", $"The column '{name}' is of no type that tables have: '{type}'."),
        };
        return typed ?? throw new ActivityException("InvalidValue", $"The value of column '{name}' is no {type}.");
    }

    private static byte[]? Bytes(string base64)
    {
        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static int Size(string name, object value) => value switch
    {
        string { Length: > LongestText } text => throw TooLong(name, $"{LongestText} characters", text.Length),
        byte[] { Length: > 2 * LongestText } bytes => throw TooLong(name, $"{2 * LongestText} bytes", bytes.Length),
        string text => 2 * text.Length,
        byte[] bytes => bytes.Length,
        _ => 16,
    };

    private static ActivityException TooLong(string name, string most, int length) =>
        new("TooLarge", $"The value of column '{name}' is too long: {length}; a column holds at most {most}.");

    private static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case bool yes: writer.WriteBooleanValue(yes); break;
            case int number: writer.WriteNumberValue(number); break;
            case long number: writer.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): writer.WriteNumberValue(number); break;
            case byte[] bytes: writer.WriteBase64StringValue(bytes); break;
            case BinaryData bytes: writer.WriteBase64StringValue(bytes.ToMemory().Span); break;
            case DateTimeOffset time: writer.WriteStringValue(time); break;
            default: writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }
}
