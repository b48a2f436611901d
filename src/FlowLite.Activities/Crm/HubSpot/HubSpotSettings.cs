using System.Text.RegularExpressions;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.HubSpot;

/// <param name="KeyProperty">A property with unique values that takes the idempotency key; null: there is none.</param>
/// <param name="UpdatesExisting">A record that HubSpot takes for the same (a contact with the e-mail address) is changed instead of failing.</param>
internal sealed partial record HubSpotSettings(string Url, string Token, string? KeyProperty, bool UpdatesExisting, Effect WithoutKey)
{
    private const string DefaultUrl = "https://api.hubapi.com";

    public static ConnectorKind Kind { get; } = new(
        "hubspot",
        "HubSpot",
        [
            new("Token", "Access token", "Of a private app with the scopes to read and write the objects that flows fill.", IsSecret: true),
            new("KeyProperty", "Key property", "The internal name of a text property that requires unique values, on every object that flows fill, such as flowlite_key. With it a record is made once; without it see below.", Required: false),
            Delivery.Field,
            new("OnConflict", "A contact that exists", "A second contact with the same e-mail address is none for HubSpot. fail: the run fails and says which one exists. update: the contact that exists is changed.",
                Required: false, Default: "fail", Options: ["fail", "update"]),
            new("Url", "Address", "Of the API.", Required: false, Default: DefaultUrl),
            new("Entities", "Objects", "Names of the objects to offer forms for, separated by commas.", Required: false, Default: "contacts,companies,deals,leads"),
        ],
        ["contacts", "companies", "deals", "leads"],
        (name, settings, time) => new HubSpotConnector(name, Read(name, settings), settings.TrustsCertificate, time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static HubSpotSettings Read(string connection, ConnectionSettings settings)
    {
        var url = settings["Url"] ?? DefaultUrl;
        var problem = settings switch
        {
            _ when ConnectionSettings.UrlProblem(url) is { } wrong => wrong,
            _ when settings["Token"] is not { } token || !token.All(c => c is > ' ' and < (char)127) => "its access token is missing or has other than ASCII characters",
            _ when settings["KeyProperty"] is { } property && !PropertyName().IsMatch(property) => $"its key property '{property}' is no internal name of a property",
            _ => null,
        };
        return problem is null
            ? new HubSpotSettings(url.TrimEnd('/'), settings["Token"]!, settings["KeyProperty"], settings["OnConflict"] == "update", Delivery.WithoutKey(connection, settings))
            : throw ConnectionSettings.Invalid(connection, problem);
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PropertyName();
}
