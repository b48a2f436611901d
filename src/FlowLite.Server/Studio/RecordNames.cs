using System.Globalization;
using System.Text;

namespace FlowLite.Server.Studio;

/// <summary>Names of record forms and of their inputs, made of names that never change.</summary>
internal static class RecordNames
{
    /// <summary>The activity in which records are stored.</summary>
    public const string CreateRecord = "FlowLite.CreateRecord";
    private const string TypePrefix = CreateRecord + ".";
    private const string InputPrefix = "Field";
    private const string JsonPrefix = "field";

    /// <summary>
    /// <c>FlowLite.CreateRecord.embedded.lead</c>; null for names that a type's name can't hold. Dots in a table's name
    /// (<c>party.party</c>) become hyphens, as the last dot is the one before it.
    /// </summary>
    public static string? Type(string connection, string entity) =>
        connection.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && connection.Length > 0 && IsEntity(entity) ? $"{TypePrefix}{connection}.{entity.Replace('.', '-')}" : null;

    public static (string Connection, string Entity)? Parse(string type)
    {
        var dot = type.LastIndexOf('.');
        return type.StartsWith(TypePrefix, StringComparison.Ordinal) && dot > TypePrefix.Length && IsEntity(type[(dot + 1)..].Replace('-', '.'))
            ? (type[TypePrefix.Length..dot], type[(dot + 1)..].Replace('-', '.'))
            : null;
    }

    /// <summary>
    /// The input for a column: <c>FieldaddressUcity</c> for <c>address_city</c>. The prefix keeps columns apart from what every
    /// activity has (<c>name</c>, <c>type</c>). The Studio turns names into camelCase in more than one way, some of which drop
    /// underscores, so there are only letters and digits: U is an underscore, C makes the next letter a capital, and X stands
    /// before the four hexadecimal digits of anything else.
    /// </summary>
    public static string Input(string column)
    {
        var name = new StringBuilder(InputPrefix, InputPrefix.Length + column.Length + 8);
        foreach (var c in column)
        {
            _ = c switch
            {
                '_' => name.Append('U'),
                _ when char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) => name.Append(c),
                _ when char.IsAsciiLetterUpper(c) => name.Append('C').Append(char.ToLowerInvariant(c)),
                _ => name.Append('X').Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
            };
        }

        return name.ToString();
    }

    /// <summary>The input's name in documents, camelCase.</summary>
    public static string Json(string column) => JsonPrefix + Input(column)[InputPrefix.Length..];

    /// <summary>The column of an input, by the input's name in documents; null: it is none.</summary>
    public static string? Column(string json)
    {
        if (!json.StartsWith(JsonPrefix, StringComparison.Ordinal) || json.Length == JsonPrefix.Length)
        {
            return null;
        }

        var column = new StringBuilder(json.Length);
        for (var i = JsonPrefix.Length; i < json.Length; i++)
        {
            switch (json[i])
            {
                case 'U':
                    column.Append('_');
                    break;
                case 'C' when i + 1 < json.Length && char.IsAsciiLetterLower(json[i + 1]):
                    column.Append(char.ToUpperInvariant(json[++i]));
                    break;
                case 'X' when i + 4 < json.Length && int.TryParse(json.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                    column.Append((char)code);
                    i += 4;
                    break;
                case var c when char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c):
                    column.Append(c);
                    break;
                default:
                    return null;
            }
        }

        var found = column.ToString();
        // Exactly one name stands for each column.
        return Json(found) == json ? found : null;
    }

    private static bool IsEntity(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');
}
