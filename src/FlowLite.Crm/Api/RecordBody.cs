using System.Text.Json;
using FlowLite.Crm.Model;

namespace FlowLite.Crm.Api;

/// <summary>Turns a JSON body into changes in stored form, checked against the table.</summary>
internal static class RecordBody
{
    /// <summary>
    /// The changes, without columns that only the system writes (Dataverse ignores them too), and the id if the body
    /// has one. A property that is given twice counts the last time.
    /// </summary>
    /// <exception cref="CrmRequestException">An unknown column or a value that the column cannot hold.</exception>
    public static (Guid? Id, List<KeyValuePair<CrmColumn, object?>> Changes) Read(CrmEntity entity, JsonElement body)
    {
        Guid? id = null;
        var changes = new List<KeyValuePair<CrmColumn, object?>>();
        foreach (var property in body.EnumerateObject())
        {
            var name = Name(property);
            if (IsAnnotation(name))
            {
                continue;
            }

            var column = entity.Find(name) ?? throw CrmErrors.UnknownColumn(name, entity.LogicalName);
            if (column == entity.Id)
            {
                id = (Guid)Value(entity, column, property.Value)!;
            }
            else if (column.IsWritable)
            {
                changes.Add(new(column, Value(entity, column, property.Value)));
            }
        }

        return (id, changes);
    }

    /// <summary>One column's new value, from <c>{"value":…}</c>; null: the column is one that only the system writes.</summary>
    /// <exception cref="CrmRequestException">There is no value, or one that the column cannot hold.</exception>
    public static KeyValuePair<CrmColumn, object?>? ReadValue(CrmEntity entity, CrmColumn column, JsonElement body) =>
        !body.TryGetProperty("value", out var value) ? throw CrmErrors.BadPayload("the property 'value' is missing.")
        : column.IsWritable && column != entity.Id ? new(column, Value(entity, column, value))
        : null;

    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw CrmErrors.BadPayload("a property's name is not valid Unicode text.");
        }
    }

    /// <summary>Control information such as <c>@odata.type</c>. A <c>@odata.bind</c> sets a lookup, and there are none here.</summary>
    private static bool IsAnnotation(string name) => name.Contains('@') && !name.EndsWith("@odata.bind", StringComparison.Ordinal);

    private static object? Value(CrmEntity entity, CrmColumn column, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return column.Type is CrmColumnType.State or CrmColumnType.Status or CrmColumnType.Id ? throw WrongType(column) : null;
        }

        return column.Type switch
        {
            CrmColumnType.Text or CrmColumnType.Memo => Text(entity, column, value),
            CrmColumnType.Integer => Whole(entity, column, value),
            CrmColumnType.Double => Float(entity, column, value),
            CrmColumnType.Boolean => value.ValueKind switch
            {
                JsonValueKind.True => 1L,
                JsonValueKind.False => 0L,
                _ => throw WrongType(column),
            },
            CrmColumnType.DateTime => Instant(column, value),
            CrmColumnType.Date => Date(column, value),
            CrmColumnType.Id => Guid.TryParseExact(String(column, value), "D", out var id) ? id : throw WrongType(column),
            _ => Option(entity, column, value),
        };
    }

    private static string String(CrmColumn column, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw WrongType(column);
        }

        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate or bytes that are not UTF-8.
            throw CrmErrors.BadPayload($"the value of property '{column.LogicalName}' is not valid Unicode text.");
        }

        // SQLite's text ends at a NUL in many places; refusing is better than storing half.
        return text.Contains('\0')
            ? throw CrmErrors.BadPayload($"the value of property '{column.LogicalName}' has a NUL character, which is not valid.")
            : text;
    }

    private static string Text(CrmEntity entity, CrmColumn column, JsonElement value)
    {
        var text = String(column, value);
        return text.Length > column.MaxLength
            ? throw CrmErrors.TooLong(column.LogicalName, entity.LogicalName, column.MaxLength.Value)
            : text;
    }

    private static long Whole(CrmEntity entity, CrmColumn column, JsonElement value)
    {
        var number = Int32(column, value);
        return number < column.Min || number > column.Max
            ? throw CrmErrors.OutOfRange(column.LogicalName, entity.LogicalName)
            : number;
    }

    private static long Option(CrmEntity entity, CrmColumn column, JsonElement value)
    {
        var number = Int32(column, value);
        foreach (var option in column.Options)
        {
            if (option.Value == number)
            {
                return number;
            }
        }

        throw CrmErrors.BadOption(column.LogicalName, entity.LogicalName, number, column.Options.Select(option => option.Value));
    }

    private static int Int32(CrmColumn column, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw WrongType(column);

    private static double Float(CrmEntity entity, CrmColumn column, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number))
        {
            throw WrongType(column);
        }

        // An exponent beyond double's reads as infinity, which is out of every range.
        return number >= column.Min && number <= column.Max ? number : throw CrmErrors.OutOfRange(column.LogicalName, entity.LogicalName);
    }

    private static long Instant(CrmColumn column, JsonElement value)
    {
        if (!CrmDates.TryParseInstant(String(column, value), out var instant))
        {
            throw WrongType(column);
        }

        return instant < CrmDates.Earliest ? throw CrmErrors.DateTooEarly(column.LogicalName) : instant.ToUnixTimeSeconds() * 1000;
    }

    private static string Date(CrmColumn column, JsonElement value)
    {
        if (!CrmDates.TryParseDate(String(column, value), out var date))
        {
            throw WrongType(column);
        }

        return date.Year < CrmDates.Earliest.Year ? throw CrmErrors.DateTooEarly(column.LogicalName) : CrmDates.Format(date);
    }

    private static CrmRequestException WrongType(CrmColumn column) => CrmErrors.WrongType(column.LogicalName, column.EdmType);
}
