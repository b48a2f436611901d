using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Dataverse;

/// <param name="Url">Up to <c>/api/data</c>: <c>https://contoso.crm4.dynamics.com</c></param>
internal sealed record DataverseSettings(string Url, ClientCredentials Credentials)
{
    public static ConnectorKind Kind { get; } = new(
        "dataverse",
        "Dynamics 365 / Dataverse",
        [
            new("Url", "Address", "The environment's address, such as https://contoso.crm4.dynamics.com"),
            new("TokenUrl", "Token address", "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"),
            new("ClientId", "Client id", "The application (client) id of the app registration."),
            new("ClientSecret", "Client secret", "A secret of the app registration.", IsSecret: true),
            new("Scope", "Scope", "The environment's address with /.default at its end; left out of the token request when empty.", Required: false),
            new("Entities", "Tables", "Logical names of the tables to offer forms for, separated by commas.", Required: false, Default: "lead,contact,account,opportunity"),
        ],
        ["lead", "contact", "account", "opportunity"],
        (name, settings, time) => new DataverseConnector(name, Read(name, settings), settings.TrustsCertificate, time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static DataverseSettings Read(string connection, ConnectionSettings settings)
    {
        var problem = settings switch
        {
            _ when !ConnectionSettings.IsUrl(settings["Url"]) => "its URL is no http or https address without user name and password",
            _ when !ConnectionSettings.IsUrl(settings["TokenUrl"]) => "its token URL is no http or https address without user name and password",
            _ when settings["ClientId"] is null || settings["ClientSecret"] is null => "its client id or client secret is missing",
            _ => null,
        };
        return problem is null
            ? new DataverseSettings(settings["Url"]!, new ClientCredentials(settings["TokenUrl"]!, settings["ClientId"]!, settings["ClientSecret"]!, settings["Scope"]))
            : throw ConnectionSettings.Invalid(connection, problem);
    }
}
