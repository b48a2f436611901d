using System.Text.RegularExpressions;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Marketo;

/// <param name="Url">The REST endpoint's host: <c>https://123-ABC-456.mktorest.com</c></param>
/// <param name="KeyField">The REST name of a text field that takes the idempotency key and that leads are looked up by; null: there is none.</param>
/// <param name="Action">What is done with a lead whose e-mail address exists, where there is no key field: Marketo's <c>action</c>.</param>
internal sealed partial record MarketoSettings(string Url, ClientCredentials Credentials, string? KeyField, string Action, string? Partition, Effect WithoutKey)
{
    private const string DefaultAction = "createOrUpdate";

    public static ConnectorKind Kind { get; } = new(
        "marketo",
        "Marketo Engage",
        [
            new("Url", "Address", "The host of the REST endpoint under Admin > Web Services, such as https://123-ABC-456.mktorest.com"),
            new("ClientId", "Client id", "Of a custom service under Admin > LaunchPoint."),
            new("ClientSecret", "Client secret", "Of the same service.", IsSecret: true),
            new("KeyField", "Key field", "The REST name of a text field that holds each lead's key, such as flowliteKey. A repeat then finds the lead that was made. Marketo looks it up and does not enforce it: see below.", Required: false),
            new("Action", "A lead that exists", "Without a key field, leads are told apart by their e-mail address. createOrUpdate changes the one that exists, createOnly fails, createDuplicate makes another one.",
                Required: false, Default: DefaultAction, Options: [DefaultAction, "createOnly", "createDuplicate"]),
            Delivery.Field,
            new("Partition", "Lead partition", "Where leads are made; empty: the default one.", Required: false),
            new("Entities", "Tables", "There is one: lead.", Required: false, Default: "lead"),
        ],
        ["lead"],
        (name, settings, time) => new MarketoConnector(name, Read(name, settings), settings.TrustsCertificate, time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static MarketoSettings Read(string connection, ConnectionSettings settings)
    {
        var action = settings["Action"] ?? DefaultAction;
        var problem = settings switch
        {
            _ when ConnectionSettings.UrlProblem(settings["Url"]) is { } wrong => wrong,
            _ when settings["ClientId"] is null || settings["ClientSecret"] is null => "its client id or client secret is missing",
            _ when settings["KeyField"] is { } field && !FieldName().IsMatch(field) => $"its key field '{field}' is no REST name of a field",
            _ when action is not (DefaultAction or "createOnly" or "createDuplicate") => $"its action '{action}' is none of Marketo's",
            _ => null,
        };
        if (problem is not null)
        {
            throw ConnectionSettings.Invalid(connection, problem);
        }

        // The address is often copied with its path.
        var url = settings["Url"]!.TrimEnd('/');
        url = url.EndsWith("/rest", StringComparison.OrdinalIgnoreCase) ? url[..^5] : url;
        var credentials = new ClientCredentials($"{url}/identity/oauth/token", settings["ClientId"]!, settings["ClientSecret"]!, Scope: null);
        return new MarketoSettings(url, credentials, settings["KeyField"], action, settings["Partition"], Delivery.WithoutKey(connection, settings));
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex FieldName();
}
