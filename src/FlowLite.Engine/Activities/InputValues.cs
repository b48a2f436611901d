using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Xml;

namespace FlowLite.Engine.Activities;

/// <summary>
/// JSON values as the types that activities declare. Lenient the way that Studio writes: a checkbox is saved as
/// <c>"True"</c>, a number as text, a list as the JSON text of an array.
/// </summary>
public static class InputValues
{
    /// <exception cref="ActivityException"><c>InvalidInput</c></exception>
    public static object? Convert(JsonElement value, Type type)
    {
        var target = Nullable.GetUnderlyingType(type) ?? type;
        try
        {
            return Parse(value, target);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException or InvalidOperationException or NotSupportedException or JsonException)
        {
            throw new ActivityException("InvalidInput", $"{Shorten(value)} is not a {Describe(target)}.");
        }
    }

    private static object? Parse(JsonElement value, Type target)
    {
        if (target == typeof(JsonElement) || target == typeof(object))
        {
            return value;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var text = Text(value);
        if (target == typeof(string))
        {
            return text;
        }

        if (target.IsEnum)
        {
            return Enum.Parse(target, text, ignoreCase: true);
        }

        return target switch
        {
            _ when target == typeof(bool) => bool.Parse(text),
            _ when target == typeof(int) => checked((int)Whole(text)),
            _ when target == typeof(long) => Whole(text),
            _ when target == typeof(double) => double.Parse(text, CultureInfo.InvariantCulture),
            _ when target == typeof(decimal) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
            _ when target == typeof(TimeSpan) => Duration(text),
            _ when target == typeof(DateTimeOffset) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            _ => Other(value, target),
        };
    }

    /// <summary>What a condition gave, as true or false. Null and an empty text, which is what one over missing members gives, is false.</summary>
    /// <exception cref="ActivityException"><c>InvalidInput</c>: it is neither.</exception>
    public static bool Holds(JsonElement condition) => condition switch
    {
        { ValueKind: JsonValueKind.Null } => false,
        { ValueKind: JsonValueKind.String } text when string.IsNullOrWhiteSpace(text.GetString()) => false,
        var value => (bool)Convert(value, typeof(bool))!,
    };

    private static long Whole(string text)
    {
        var number = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return number == decimal.Truncate(number) ? checked((long)number) : throw new FormatException();
    }

    /// <summary>ISO 8601 (PT5S, P1W) as in Flow, or hh:mm:ss as in Elsa.</summary>
    public static TimeSpan Duration(string text)
    {
        var length = text.TrimStart('-');
        if (!length.StartsWith('P'))
        {
            return TimeSpan.Parse(text, CultureInfo.InvariantCulture);
        }

        // Weeks stand alone; XML knows none.
        return length.EndsWith('W') && int.TryParse(length.AsSpan(1, length.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var weeks)
            ? TimeSpan.FromDays(text.StartsWith('-') ? -7.0 * weeks : 7.0 * weeks)
            : XmlConvert.ToTimeSpan(text);
    }

    /// <summary>False: it is no duration, or one that is not above zero or longer than a year.</summary>
    public static bool TryTimeout(string text, out TimeSpan timeout) =>
        TryDuration(text, out timeout) && IsTimeout(timeout);

    /// <summary>A timer can be set for it.</summary>
    internal static bool IsTimeout(TimeSpan timeout) => timeout > TimeSpan.Zero && timeout <= TimeSpan.FromDays(366);

    /// <summary>False: it is no <see cref="Duration"/>.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        try
        {
            duration = Duration(text);
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            duration = default;
            return false;
        }
    }

    /// <summary>Lists and objects, which may be given as the JSON text of them, and what JSON writes as text: a Guid, a Uri, a DateTime.</summary>
    private static object? Other(JsonElement value, Type target)
    {
        if (value.ValueKind == JsonValueKind.String && JsonSerializerOptions.Default.GetTypeInfo(target).Kind != JsonTypeInfoKind.None)
        {
            value = JsonElement.Parse(value.GetString()!);
        }

        return value.ValueKind == JsonValueKind.String ? OfText(value, target) : value.Deserialize(target);
    }

    private static object? OfText(JsonElement text, Type target)
    {
        try
        {
            return text.Deserialize(target);
        }
        // A number of a rare kind, such as a float, as text.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return JsonElement.Parse(text.GetString()!).Deserialize(target);
        }
    }

    /// <summary>A value as text: strings as they are, everything else as JSON.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null or JsonValueKind.Undefined => string.Empty,
        _ => value.GetRawText(),
    };

    private static string Shorten(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 80 ? text[..80] + "…" : text;
    }

    private static string Describe(Type type) => type switch
    {
        _ when type == typeof(bool) => "boolean (true or false)",
        _ when type == typeof(int) || type == typeof(long) => "whole number",
        _ when type == typeof(double) || type == typeof(decimal) => "number",
        _ when type == typeof(TimeSpan) => "duration (PT5S or 00:00:05)",
        _ when type == typeof(DateTimeOffset) => "date and time",
        _ when type.IsEnum => $"value of {string.Join(", ", Enum.GetNames(type))}",
        _ => type.IsArray || type.IsGenericType ? "list" : type.Name,
    };
}
