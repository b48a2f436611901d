using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>A record's place below the Web API's root: <c>leads(guid)</c>, or by alternate key <c>contacts(code='A1')</c>.</summary>
internal static class RecordUrl
{
    /// <exception cref="ActivityException"><c>InvalidKey</c>: nothing can have that key.</exception>
    public static string Of(string entitySet, RecordKey key)
    {
        if (key.Id is { } id)
        {
            return Guid.TryParse(id, out var guid)
                ? $"{entitySet}({guid:D})"
                : throw new ActivityException("InvalidKey", $"'{id}' is no id of a record: 32 hexadecimal digits with dashes.");
        }

        return key.Columns.Count > 0
            ? $"{entitySet}({string.Join(',', key.Columns.Select(column => Uri.EscapeDataString(column.Key) + "=" + Literal(column.Key, column.Value)))})"
            : throw new ActivityException("InvalidKey", "The key has no column.");
    }

    /// <summary>The id in a record's URL, such as an <c>OData-EntityId</c> header; null: none.</summary>
    public static string? Id(string? url)
    {
        var open = url?.LastIndexOf('(') ?? -1;
        return open >= 0 && url!.EndsWith(')') && Guid.TryParseExact(url[(open + 1)..^1], "D", out var id) ? id.ToString() : null;
    }

    private static string Literal(string column, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Uri.EscapeDataString("'" + value.GetString()!.Replace("'", "''", StringComparison.Ordinal) + "'"),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => Uri.EscapeDataString(value.GetRawText()),
        _ => throw new ActivityException("InvalidKey", $"The key's column '{column}' has no value: a text, a number or a boolean."),
    };
}
