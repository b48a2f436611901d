namespace FlowLite.Crm.Model;

/// <summary>Schema names: logical names with capitals. Clients go by logical names; these are for people.</summary>
internal static class SchemaNames
{
    /// <summary>Capitals as in the display name where it is the same word, else at the start and after underscores.</summary>
    public static string Of(string logicalName, string displayName)
    {
        var shown = string.Concat(displayName.Where(char.IsAsciiLetterOrDigit));
        return shown.Equals(logicalName, StringComparison.OrdinalIgnoreCase)
            ? shown
            : string.Concat(logicalName.Select((c, i) => i == 0 || logicalName[i - 1] == '_' ? char.ToUpperInvariant(c) : c));
    }
}
