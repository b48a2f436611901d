using System.Text.RegularExpressions;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Salesforce;

/// <param name="Url">The My Domain address: <c>https://contoso.my.salesforce.com</c></param>
/// <param name="KeyField">A unique external id field that takes the idempotency key; null: there is none.</param>
/// <param name="AllowDuplicates">Records are made though a duplicate rule warns.</param>
internal sealed partial record SalesforceSettings(
    string Url, ClientCredentials Credentials, string ApiVersion, string? KeyField, bool AllowDuplicates, Effect WithoutKey)
{
    private const string DefaultVersion = "v63.0";

    public static ConnectorKind Kind { get; } = new(
        "salesforce",
        "Salesforce",
        [
            new("Url", "My Domain", "The org's own address, such as https://contoso.my.salesforce.com; login.salesforce.com gives no tokens to client credentials."),
            new("ClientId", "Consumer key", "Of a connected app with the client credentials flow and a user to run as."),
            new("ClientSecret", "Consumer secret", "Of the same app.", IsSecret: true),
            new("KeyField", "Key field", "A text field with External ID and Unique set on every table that flows fill, such as FlowLite_Key__c. With it a record is made once; without it see below.", Required: false),
            Delivery.Field,
            new("AllowDuplicates", "Duplicate rules", "block: what a duplicate rule warns of is not made, and the run fails. allow: it is made.", Required: false, Default: "block", Options: ["block", "allow"]),
            new("ApiVersion", "API version", "Such as v63.0.", Required: false, Default: DefaultVersion),
            new("Entities", "Objects", "Names of the objects to offer forms for, separated by commas.", Required: false, Default: "Lead,Contact,Account,Opportunity"),
        ],
        ["Lead", "Contact", "Account", "Opportunity"],
        (name, settings, time) => new SalesforceConnector(name, Read(name, settings), settings.TrustsCertificate, time));

    /// <summary>With a slash at the end.</summary>
    public string Root => $"{Url}/services/data/{ApiVersion}/";

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static SalesforceSettings Read(string connection, ConnectionSettings settings)
    {
        var version = settings["ApiVersion"] ?? DefaultVersion;
        var problem = settings switch
        {
            _ when ConnectionSettings.UrlProblem(settings["Url"], "My Domain") is { } wrong => wrong,
            _ when settings["ClientId"] is null || settings["ClientSecret"] is null => "its consumer key or consumer secret is missing",
            _ when settings["KeyField"] is { } field && !FieldName().IsMatch(field) => $"its key field '{field}' is no name of a field",
            _ when !Version().IsMatch(version) => $"its API version '{version}' is not like {DefaultVersion}",
            _ => null,
        };
        if (problem is not null)
        {
            throw ConnectionSettings.Invalid(connection, problem);
        }

        var url = settings["Url"]!.TrimEnd('/');
        var credentials = new ClientCredentials($"{url}/services/oauth2/token", settings["ClientId"]!, settings["ClientSecret"]!, Scope: null);
        return new SalesforceSettings(url, credentials, version, settings["KeyField"], settings["AllowDuplicates"] == "allow", Delivery.WithoutKey(connection, settings));
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex FieldName();

    [GeneratedRegex(@"^v\d{2,3}\.0\z", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
