using System.Globalization;

namespace FlowLite.Crm.Model;

/// <summary>Dates and instants as they are written on the wire (OData's Edm.Date and Edm.DateTimeOffset).</summary>
internal static class CrmDates
{
    private const string DateFormat = "yyyy-MM-dd";

    private static readonly string[] InstantFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mm'Z'",
        "yyyy-MM-dd'T'HH:mm:sszzz",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
        "yyyy-MM-dd'T'HH:mmzzz",
        DateFormat,
    ];

    /// <summary>Dataverse stores nothing earlier (the start of SQL Server's datetime).</summary>
    public static DateTimeOffset Earliest { get; } = new(1753, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads an instant with its offset from UTC; a bare date is its midnight in UTC.</summary>
    public static bool TryParseInstant(string text, out DateTimeOffset instant) => DateTimeOffset.TryParseExact(
        text,
        InstantFormats,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out instant);

    public static bool TryParseDate(string text, out DateOnly date) =>
        DateOnly.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    public static string Format(DateOnly date) => date.ToString(DateFormat, CultureInfo.InvariantCulture);

    /// <summary>Writes stored milliseconds as Dataverse does, in UTC and to the second.</summary>
    public static string FormatInstant(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
