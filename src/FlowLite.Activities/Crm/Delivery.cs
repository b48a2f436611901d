using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>
/// What a connection does where its CRM enforces no key, so that a lost answer leaves open whether there is a record: that is the
/// admin's choice (law 6).
/// </summary>
internal static class Delivery
{
    private const string AtLeastOnce = "at-least-once";
    private const string AtMostOnce = "at-most-once";

    public static ConnectionField Field { get; } = new(
        "WithoutKey",
        "When it can't be told whether a record was made",
        "Matters where the CRM enforces no key. at-least-once: it is sent again, so that no lead is lost and one may be there twice. at-most-once: the run stops and a person decides.",
        Required: false,
        Default: AtLeastOnce,
        Options: [AtLeastOnce, AtMostOnce],
        IsOfCalls: true);

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    public static Effect WithoutKey(string connection, ConnectionSettings settings) => settings[Field.Name] switch
    {
        null or AtLeastOnce => Effect.AtLeastOnce,
        AtMostOnce => Effect.AtMostOnce,
        _ => throw ConnectionSettings.Invalid(connection, $"its {Field.Name} is neither {AtLeastOnce} nor {AtMostOnce}"),
    };
}
