using System.Globalization;
using FlowLite.Crm.Storage;
using Microsoft.Extensions.Primitives;

namespace FlowLite.Crm.Api;

/// <summary>Reads the preferences and conditions that a request states in its headers.</summary>
internal static class RequestHeaders
{
    public static bool WantsRepresentation(HttpRequest request) =>
        Preferences(request).Any(preference => preference.Equals("return=representation", StringComparison.OrdinalIgnoreCase));

    /// <summary>The page size that the caller prefers; null without one, or with one that makes no sense.</summary>
    public static int? MaxPageSize(HttpRequest request)
    {
        const string name = "odata.maxpagesize=";
        var preference = Preferences(request).FirstOrDefault(item => item.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        return int.TryParse(preference?[name.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0 ? size : null;
    }

    /// <summary>
    /// The conditions of a write. Microsoft's own samples send <c>If-None-Match: null</c> with every call,
    /// so only <c>*</c> counts there.
    /// </summary>
    public static CrmCondition Condition(HttpRequest request)
    {
        var mustNotExist = Items(request.Headers.IfNoneMatch).Contains("*");
        var ifMatch = Items(request.Headers.IfMatch).ToList();
        return new CrmCondition(
            mustNotExist,
            ifMatch.Count > 0,
            ifMatch.Count == 0 || ifMatch.Contains("*") ? null : [.. ifMatch.Select(Version).OfType<long>()]);
    }

    /// <summary>Whether a reader's If-None-Match names this version, so that it needs no new copy.</summary>
    public static bool HasCurrentCopy(HttpRequest request, CrmRecord record) =>
        Items(request.Headers.IfNoneMatch).Any(etag => Version(etag) == record.Version);

    private static long? Version(string etag)
    {
        var text = etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag;
        return text.Length > 2 && text[0] == '"' && text[^1] == '"'
            && long.TryParse(text[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : null;
    }

    private static IEnumerable<string> Preferences(HttpRequest request) => Items(request.Headers["Prefer"]);

    private static IEnumerable<string> Items(StringValues header) =>
        header.SelectMany(value => value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []);
}
