using System.Text.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// Activities that the Studio offers. Register one for each place they come from. It is asked at every request, so it answers
/// from memory, and with the same list until something has changed: that is how a change is noticed.
/// </summary>
public delegate IReadOnlyList<StudioActivity> StudioActivitySource();

/// <summary>
/// What can be chosen in an input that has <c>Refresh</c>: its <c>uiSpecifications</c> without <c>Refresh</c>, or null when it is
/// none of this source's. Register one for each place that choices come from.
/// </summary>
public delegate ValueTask<IReadOnlyDictionary<string, JsonElement>?> StudioOptionsSource(StudioOptionsQuery query, CancellationToken cancellationToken);

/// <param name="TypeName">The activity's.</param>
/// <param name="Property">The input's name, PascalCase.</param>
/// <param name="Context">The activity's inputs as the form has them now, by their names in camelCase; an empty object when none were sent.</param>
public sealed record StudioOptionsQuery(string TypeName, string Property, JsonElement Context)
{
    /// <summary>Where senders reach this server; null where nobody asks over HTTP.</summary>
    public Uri? Address { get; init; }

    /// <summary>An input's text: what is bare, or in a literal expression; null otherwise.</summary>
    /// <param name="name">camelCase</param>
    public string? Text(string name)
    {
        if (Context.ValueKind != JsonValueKind.Object || !Context.TryGetProperty(name, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("expression", out var expression))
        {
            var isLiteral = expression.ValueKind == JsonValueKind.Object
                && (!expression.TryGetProperty("type", out var type) || type.ValueEquals("Literal"u8));
            if (!isLiteral || !expression.TryGetProperty("value", out value))
            {
                return null;
            }
        }

        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
    }
}
