using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>
/// A lookup that a flow sets by its record's key instead of its address: <c>{"accounts":{"accountnumber":"A1"}}</c>, or
/// <c>{"accounts":"guid"}</c>, for <c>parentaccountid@odata.bind</c>. What a lead gives is escaped, and can't lead to another record.
/// </summary>
internal static class LookupBinding
{
    public static bool Is(JsonProperty field) => field.Value.ValueKind == JsonValueKind.Object && field.Name.EndsWith("@odata.bind", StringComparison.Ordinal);

    /// <summary><c>/accounts(accountnumber='A1')</c>; null: the key has no value, so that there is nothing to look up.</summary>
    /// <exception cref="ActivityException"><c>InvalidKey</c></exception>
    public static string? Url(JsonProperty field)
    {
        var tables = field.Value.EnumerateObject().ToList();
        if (tables is not [var table] || !table.Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
        {
            throw new ActivityException("InvalidKey", $"'{field.Name}' is not like {{\"accounts\":{{\"accountnumber\":\"A1\"}}}}: one table, and in it the key's columns or the record's id. Nothing was sent.");
        }

        return table.Value switch
        {
            { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } id => "/" + RecordUrl.Of(table.Name, RecordKey.ById(id.GetString()!)),
            { ValueKind: JsonValueKind.Object } key when key.EnumerateObject().Any(column => column.Value.ValueKind == JsonValueKind.Null) => null,
            { ValueKind: JsonValueKind.Object } key => "/" + RecordUrl.Of(table.Name, RecordKey.ByColumns([.. key.EnumerateObject().Select(column => KeyValuePair.Create(column.Name, column.Value))])),
            _ => throw new ActivityException("InvalidKey", $"'{field.Name}' has neither a key nor an id for '{table.Name}'. Nothing was sent."),
        };
    }
}
