using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Fitting;

/// <param name="Value">As the column takes it; with a problem, what could be sent instead: the text cut.</param>
/// <param name="Problem">A sentence; null: it fits.</param>
internal readonly record struct FieldValue(JsonElement? Value, string? Problem = null);

/// <summary>A value as its column's type takes it.</summary>
internal static partial class FieldValues
{
    public static FieldValue Read(JsonElement value, CrmField column)
    {
        if (!column.CanCreate)
        {
            return new(null, "The CRM sets this column itself.");
        }

        // An empty text is no number, date or option; it is nothing.
        if (column.Type is not (CrmFieldType.Text or CrmFieldType.Memo) && value.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(value.GetString()))
        {
            return new(JsonValues.Null);
        }

        return column.Type switch
        {
            CrmFieldType.Text or CrmFieldType.Memo => ReadText(value, column),
            CrmFieldType.WholeNumber or CrmFieldType.Number => ReadNumber(value, column),
            CrmFieldType.YesNo => ReadYesNo(value, column),
            CrmFieldType.Date or CrmFieldType.DateTime => ReadDate(value, column),
            CrmFieldType.Choice => ReadChoice(value, column),
            CrmFieldType.Choices => ReadChoices(value, column),
            _ => new(value),
        };
    }

    private static FieldValue ReadText(JsonElement value, CrmField column)
    {
        var text = Text(value);
        var made = value.ValueKind == JsonValueKind.String ? value : JsonValues.String(text);
        if (column.MaxLength is not { } most || text.Length <= most || Length(text, column) is var length && length <= most)
        {
            return new(made);
        }

        return new(JsonValues.String(text[..End(text, most, column)]), string.Create(CultureInfo.InvariantCulture, $"The text has {length} characters, the column takes {most}."));
    }

    /// <summary>A value as text for people to read: an object is its JSON with letters, and no escapes of letters.</summary>
    public static string Text(JsonElement value) =>
        value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? JsonValues.CompactText(value) : InputValues.Text(value);

    /// <summary>As the column counts.</summary>
    public static int Length(string text, CrmField column) => column.CountsCharacters ? text.Length - text.Count(char.IsLowSurrogate) : text.Length;

    /// <summary>Where a text that is too long is cut: not within a character that takes two.</summary>
    private static int End(string text, int most, CrmField column)
    {
        if (!column.CountsCharacters)
        {
            return most > 0 && char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        }

        var end = 0;
        for (var characters = 0; characters < most; characters++)
        {
            end += char.IsHighSurrogate(text[end]) ? 2 : 1;
        }

        return end;
    }

    private static FieldValue ReadNumber(JsonElement value, CrmField column)
    {
        var text = InputValues.Text(value).Trim();
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String)
            || !decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number))
        {
            return new(null, $"{Shown(value)} is no number.");
        }

        if (column.Type == CrmFieldType.WholeNumber && number != decimal.Truncate(number))
        {
            return new(null, $"{Shown(value)} is no whole number.");
        }

        if ((column.Min is { } min && (double)number < min) || (column.Max is { } max && (double)number > max))
        {
            return new(null, string.Create(CultureInfo.InvariantCulture, $"{Shown(value)} is not from {column.Min} to {column.Max}."));
        }

        return new(value.ValueKind == JsonValueKind.Number && column.Type == CrmFieldType.Number ? value
            : JsonElement.Parse((column.Type == CrmFieldType.WholeNumber ? decimal.Truncate(number) : number).ToString(CultureInfo.InvariantCulture)));
    }

    private static FieldValue ReadYesNo(JsonElement value, CrmField column)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return new(value);
        }

        var text = InputValues.Text(value).Trim();
        var label = column.Options.FirstOrDefault(option => string.Equals(option.Label, text, StringComparison.OrdinalIgnoreCase));
        return (label is null ? text : JsonValues.CompactText(label.Value)).ToLowerInvariant() switch
        {
            "true" or "yes" or "1" => new(JsonValues.True),
            "false" or "no" or "0" => new(JsonValues.False),
            _ => new(null, $"{Shown(value)} is neither true nor false."),
        };
    }

    // Only what can be read in one way: 03/04/2026 is two days.
    private static FieldValue ReadDate(JsonElement value, CrmField column)
    {
        if (value.ValueKind != JsonValueKind.String || !IsoDate().IsMatch(value.GetString()!.Trim())
            || !DateTimeOffset.TryParse(value.GetString()!.Trim(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return new(null, $"{Shown(value)} is no date as ISO 8601 writes it: {(column.Type == CrmFieldType.Date ? "2026-01-31" : "2026-01-31T08:00:00Z")}.");
        }

        // A day is the one that was written, wherever on earth.
        return new(JsonValues.String(column.Type == CrmFieldType.Date
            ? time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)));
    }

    private static FieldValue ReadChoice(JsonElement value, CrmField column) =>
        column.Options.Count == 0 ? new(value)
        : Option(InputValues.Text(value), column) is { } option ? new(option.Value)
        : column.TakesOthers ? new(value.ValueKind == JsonValueKind.String ? value : JsonValues.String(InputValues.Text(value)))
        : new(null, $"{Shown(value)} is none of {Choices(column)}.");

    private static FieldValue ReadChoices(JsonElement value, CrmField column)
    {
        if (column.Options.Count == 0)
        {
            return new(value);
        }

        // A label may hold the comma that authors write between labels.
        var chosen = Chosen(value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(InputValues.Text) : InputValues.Text(value).Split(column.Separator));
        if (chosen.Exists(one => one.Option is null) && value.ValueKind == JsonValueKind.String)
        {
            var byCommas = Chosen(value.GetString()!.Split([',', column.Separator], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            chosen = byCommas.Exists(one => one.Option is null) ? chosen : byCommas;
        }

        return chosen.Find(one => one.Option is null) is { Text: { } wrong } && !column.TakesOthers
            ? new(null, $"'{wrong}' is none of {Choices(column)}.")
            : new(JsonValues.String(string.Join(column.Separator, chosen.Select(one => one.Option is { } option ? InputValues.Text(option.Value) : one.Text.Trim()))));

        List<(string Text, CrmFieldOption? Option)> Chosen(IEnumerable<string> texts) => [.. texts.Select(text => (text, Option(text, column)))];
    }

    private static CrmFieldOption? Option(string text, CrmField column)
    {
        text = text.Trim();
        return column.Options.FirstOrDefault(option => InputValues.Text(option.Value) == text)
            ?? column.Options.FirstOrDefault(option => string.Equals(option.Label, text, StringComparison.OrdinalIgnoreCase));
    }

    private static string Choices(CrmField column)
    {
        var shown = string.Join(", ", column.Options.Take(20).Select(option => $"{InputValues.Text(option.Value)} ({option.Label})"));
        return column.Options.Count > 20 ? shown + "…" : shown;
    }

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 80 ? text[..80] + "…" : text;
    }

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex IsoDate();
}
