using System.Security.Cryptography.X509Certificates;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>How a CRM is reached: a kind of connector and what it has to know. Equal settings share one connector.</summary>
public sealed class ConnectionSettings : IEquatable<ConnectionSettings>
{
    /// <summary>Of a name in DNS (RFC 1035, 2.3.4).</summary>
    private const int LongestHost = 253;

    private readonly SortedDictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="kind">The name of a <see cref="ConnectorKind"/>: <c>dataverse</c>.</param>
    /// <param name="values">Settings and secrets by name, whatever the case; empty ones count as left out.</param>
    public ConnectionSettings(string kind, IEnumerable<KeyValuePair<string, string?>> values)
    {
        Kind = kind;
        foreach (var (name, value) in values)
        {
            if (!string.IsNullOrEmpty(value))
            {
                _values[name] = value;
            }
        }
    }

    public string Kind { get; }

    /// <summary>Accepts certificates beside those that the machine trusts; null: none.</summary>
    public Func<X509Certificate?, bool>? TrustsCertificate { get; init; }

    /// <summary>Null: it is not set.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Logical names of the tables that the Studio offers forms for (setting <c>Entities</c>, separated by commas); null: the kind's own choice.</summary>
    public IReadOnlyList<string>? FormEntities => this["Entities"]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public bool Equals(ConnectionSettings? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Kind == other.Kind && Equals(TrustsCertificate, other.TrustsCertificate) && _values.Count == other._values.Count
        && _values.All(value => other[value.Key] == value.Value));

    public override bool Equals(object? obj) => Equals(obj as ConnectionSettings);

    public override int GetHashCode() => HashCode.Combine(Kind, this["Url"]);

    /// <summary>Without settings, some of which are secret.</summary>
    public override string ToString() => $"{Kind} at {this["Url"]}";

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c>: what has to be set right.</exception>
    internal static ActivityException Invalid(string connection, string problem) =>
        new("ConnectionInvalid", $"The connection '{connection}' can't be used: {problem}.");

    /// <summary>What is wrong with an address that paths are put behind: an http or https address without user name, password, query and fragment; null: nothing.</summary>
    /// <param name="what">What it is called: <c>URL</c>.</param>
    internal static string? UrlProblem(string? text, string what = "URL") => text switch
    {
        null => $"its {what} is missing",
        _ when IsUrl(text) => null,
        _ => $"its {what} is no http or https address without user name, password, query and fragment",
    };

    /// <summary>The same of an address that may have a query, as nothing is put behind it.</summary>
    internal static string? UrlWithQueryProblem(string? text, string what) => text switch
    {
        null => $"its {what} is missing",
        _ when IsUrlWithQuery(text) => null,
        _ => $"its {what} is no http or https address without user name, password and fragment",
    };

    private static bool IsUrl(string? text) => IsUrlWithQuery(text) && !text!.Contains('?', StringComparison.Ordinal);

    private static bool IsUrlWithQuery(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.IdnHost.Length <= LongestHost && !text!.Contains('#', StringComparison.Ordinal);

    /// <summary>A server's name or address.</summary>
    internal static bool IsHost(string? text) => text?.Length <= LongestHost && Uri.CheckHostName(text) != UriHostNameType.Unknown;
}
