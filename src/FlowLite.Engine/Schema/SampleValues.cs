using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowLite.Engine.Schema;

/// <summary>Texts and numbers for a sample, as a field's name suggests them.</summary>
internal static class SampleValues
{
    private const int LongestText = 4096;

    // The first whose word stands in the name, without case and punctuation. The values are those of the marketplace's documented test lead.
    private static readonly (string Word, string Value)[] ByName =
    [
        ("email", "someone@contoso.com"), ("mail", "someone@contoso.com"),
        ("firstname", "Some"), ("givenname", "Some"), ("lastname", "One"), ("surname", "One"), ("familyname", "One"), ("fullname", "Some One"),
        ("phone", "16175555555"), ("mobile", "16175555555"), ("fax", "16175555556"), ("tel", "16175555555"),
        ("countrycode", "US"), ("country", "USA"), ("postalcode", "98052"), ("zip", "98052"), ("city", "Redmond"), ("street", "One Microsoft Way"), ("address", "One Microsoft Way"),
        ("company", "Contoso"), ("organization", "Contoso"), ("account", "Contoso"), ("offertitle", "Test Microsoft"), ("jobtitle", "Esquire"),
        ("leadsource", "AzureMarketplace"), ("actioncode", "INS"), ("action", "INS"), ("offer", "Test Microsoft"), ("title", "Esquire"),
        ("description", "Test lead"), ("comment", "Test lead"), ("message", "Test lead"), ("note", "Test lead"),
        ("website", "https://www.contoso.com/"), ("url", "https://www.contoso.com/"), ("uri", "https://www.contoso.com/"), ("domain", "contoso.com"),
        ("datetime", "2026-01-15T09:30:00Z"), ("timestamp", "2026-01-15T09:30:00Z"), ("date", "2026-01-15"), ("time", "09:30:00"),
        ("currency", "USD"), ("language", "en-US"), ("locale", "en-US"), ("guid", Guid), ("uuid", Guid), ("name", "Some One"),
    ];

    private static readonly (string Format, string Value)[] ByFormat =
    [
        ("date-time", "2026-01-15T09:30:00Z"), ("email", "someone@contoso.com"), ("hostname", "www.contoso.com"),
        ("ipv4", "192.0.2.1"), ("ipv6", "2001:db8::1"), ("uri", "https://www.contoso.com/"),
        ("date", "2026-01-15"), ("time", "09:30:00"), ("uuid", Guid), ("phone", "16175555555"),
    ];

    // What patterns usually want.
    private static readonly string[] Others =
    [
        "1", "a", "A", "US", "USA", "A1", "en-US", "2026-01-15", "09:30:00", "2026-01-15T09:30:00Z", "12345", "98052", "1234567890", "16175555555", "+16175555555",
        "+1 617 555 5555", "617-555-5555", "someone@contoso.com", "https://www.contoso.com/", "contoso.com", Guid, "true", "INS", "Test", "test", "TEST", "",
    ];

    private const string Guid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

    public static string Text(SchemaParts parts, string name, int variant)
    {
        var (least, most) = (parts.Limit("minLength", lowest: false) ?? 0, parts.Limit("maxLength", lowest: true) ?? LongestText);
        var schema = parts.ForText();
        var named = Named(parts.Format(), name).Select(text => Vary(text, variant)).ToList();
        var others = Others.Select(text => Vary(text, variant)).ToList();
        return named.Concat(named.Select(text => Fit(text, least, most))).Concat(others).Concat(others.Select(text => Fit(text, least, most)))
            .FirstOrDefault(text => schema.IsValid(JsonSerializer.SerializeToElement(text))) ?? named[0];
    }

    public static JsonNode Number(SchemaParts parts, string name, bool isInteger, int variant)
    {
        var (least, most) = (parts.Limit("minimum", lowest: false), parts.Limit("maximum", lowest: true));
        var step = Math.Max(parts.Limit("multipleOf", lowest: false) ?? (isInteger ? 1m : 0.5m), 0.000001m);
        var usual = name.Contains("year", StringComparison.OrdinalIgnoreCase) ? 2026m : 1m;
        var schema = parts.ForNumber();
        var starts = new[] { usual, least, most, least + 1, most - 1, least + step, most - step, (least + most) / 2, 0m, step };
        foreach (var start in starts.OfType<decimal>())
        {
            foreach (var number in Rounded(start, step, isInteger, variant))
            {
                if (schema.IsValid(JsonSerializer.SerializeToElement(number)))
                {
                    return JsonValue.Create(number);
                }
            }
        }

        return JsonValue.Create(isInteger ? decimal.Truncate(usual) : usual);
    }

    private static IEnumerable<decimal> Rounded(decimal start, decimal step, bool isInteger, int variant)
    {
        if (Math.Abs(start) > 1e15m || step > 1e15m)
        {
            // No room for arithmetic.
            yield return isInteger ? decimal.Truncate(start) : start;
            yield break;
        }

        foreach (var steps in (decimal[])[Math.Ceiling(start / step), Math.Floor(start / step)])
        {
            var number = (steps + variant) * step;
            yield return isInteger ? decimal.Truncate(number) : number;
        }
    }

    private static IEnumerable<string> Named(string? format, string name)
    {
        var word = new string([.. name.Where(char.IsLetterOrDigit)]).ToLowerInvariant();
        var byFormat = ByFormat.Where(f => f.Format == format).Select(f => f.Value);
        var byName = ByName.Where(n => word.Contains(n.Word, StringComparison.Ordinal)).Select(n => n.Value).Take(1);
        return byFormat.Concat(byName).Append(name.Length > 0 ? name : "Text");
    }

    private const string Day = "2026-01-15";

    // So that two of a list differ; an address stays one, and a day of January too.
    private static string Vary(string text, int variant) =>
        variant == 0 ? text
        : text.StartsWith(Day, StringComparison.Ordinal) ? $"2026-01-{15 + (variant % 17):00}{text[Day.Length..]}"
        : text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? text.Insert(at, $"{variant}") : $"{text}{variant}";

    private static string Fit(string text, decimal least, decimal most)
    {
        var longer = text.Length < least ? text.PadRight((int)Math.Min(least, LongestText), text.Length > 0 ? text[^1] : 'x') : text;
        return longer.Length > most ? longer[..(int)most] : longer;
    }
}
