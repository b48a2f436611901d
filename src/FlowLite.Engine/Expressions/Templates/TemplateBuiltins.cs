using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Scriban;
using Scriban.Functions;
using Scriban.Runtime;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>
/// Scriban's functions without those that evaluate data, reach out of the template or give another value on replay.
/// One object for all contexts, so all of it is read-only.
/// </summary>
internal static class TemplateBuiltins
{
    private static readonly FrozenDictionary<string, string> Removed = new Dictionary<string, string>
    {
        ["include"] = "templates cannot include others",
        ["include_join"] = "templates cannot include others",
        ["object.eval"] = "data is never evaluated",
        ["object.eval_template"] = "data is never evaluated",
        ["math.random"] = "a run must give the same value when it is replayed",
        ["math.uuid"] = "a run must give the same value when it is replayed; use run.id",
        ["date.now"] = "a run must give the same value when it is replayed; use run.now",
        ["date.utc_now"] = "a run must give the same value when it is replayed; use run.now",
    }.ToFrozenDictionary();

    public static ScriptObject Shared { get; } = Create();

    /// <summary>Why a function of Scriban's is missing here; null when it never was one.</summary>
    public static string? WhyRemoved(string name) => Removed.GetValueOrDefault(name);

    /// <summary>A date as <c>date.parse</c> reads it; null for blank text.</summary>
    /// <exception cref="ExpressionException">It is none.</exception>
    public static DateTime? ParseDate(string? text) => Dates.Read(text, null);

    private static ScriptObject Create()
    {
        var builtins = TemplateContext.GetDefaultBuiltinObject();
        foreach (var name in Removed.Keys)
        {
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            var owner = dot < 0 ? builtins : Group(builtins, name[..dot]);
            owner.Remove(name[(dot + 1)..]);
        }

        Group(builtins, "date").Import(typeof(Dates));
        Group(builtins, "object").Import(typeof(Objects));
        foreach (var group in builtins.Values.OfType<ScriptObject>())
        {
            group.IsReadOnly = true;
        }

        builtins.IsReadOnly = true;
        return builtins;
    }

    private static ScriptObject Group(ScriptObject builtins, string name) => (ScriptObject)builtins[name]!;

    /// <summary>Scriban reads a date in the machine's time zone; here a date without an offset is UTC, and so is the result.</summary>
    private static class Dates
    {
        private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces;

        public static DateTime? Parse(TemplateContext context, string? text, string? pattern = null) => Read(text, pattern);

        internal static DateTime? Read(string? text, string? pattern)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                return null;
            }

            var read = string.IsNullOrEmpty(pattern)
                ? DateTime.TryParse(text, CultureInfo.InvariantCulture, Utc, out var date)
                : DateTime.TryParseExact(text, pattern, CultureInfo.InvariantCulture, Utc, out date);
            return read ? date : throw new ExpressionException($"'{Shorten(text)}' is not a date{(string.IsNullOrEmpty(pattern) ? "" : $" of the form '{pattern}'")}.");
        }

        public static string? ParseToString(TemplateContext context, string? text, string output, string? pattern = null) =>
            Read(text, pattern) is { } date
                ? ((DateTimeFunctions)Group(Shared, "date")).ToString(date, output, CultureInfo.InvariantCulture)
                : null;

        private static string Shorten(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 60), "…");
    }

    /// <summary>Scriban's own fail on numbers beyond decimal and do not know the views.</summary>
    private static class Objects
    {
        public static object? FromJson(string? json)
        {
            if (string.IsNullOrEmpty(json))
            {
                return null;
            }

            try
            {
                return JsonViews.Wrap(JsonElement.Parse(json));
            }
            catch (JsonException exception)
            {
                throw new ExpressionException($"Not valid JSON: {StoredText.WithoutPosition(exception.Message)}");
            }
        }

        public static bool HasKey(object? value, string key) => value is IScriptObject members && members.Contains(key);

        public static bool HasValue(TemplateContext context, object? value, string key) =>
            value is IScriptObject members && members.TryGetValue(context, default, key, out var found) && found is not null;

        public static string ToJson(object? value) => Json.JsonValues.CompactText(TemplateValues.ToJson(value));
    }
}
