using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Dataverse;

/// <param name="Url">Up to <c>/api/data</c>: <c>https://contoso.crm4.dynamics.com</c></param>
internal sealed record DataverseSettings(string Url, ClientCredentials Credentials, bool DetectDuplicates = false)
{
    /// <summary>What must not be repeated to anybody.</summary>
    public string[] Secrets { get; init; } = [Credentials.ClientSecret];

    public static ConnectorKind Kind { get; } = new(
        "dataverse",
        "Dynamics 365 / Dataverse",
        [
            new("Url", "Address", "The environment's address, such as https://contoso.crm4.dynamics.com"),
            new("TokenUrl", "Token address", "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"),
            new("ClientId", "Client id", "The application (client) id of the app registration."),
            new("ClientSecret", "Client secret", "A secret of the app registration. Or a certificate, below.", Required: false, IsSecret: true),
            new("ClientCertificate", "Client certificate", "In the place of a secret: a certificate of the app registration with its private key, as PEM or as a PFX file in base64.", Required: false, IsSecret: true),
            new("CertificatePassword", "Certificate's password", "If its private key is encrypted.", Required: false, IsSecret: true),
            new("Scope", "Scope", "The environment's address with /.default at its end; left out of the token request when empty.", Required: false),
            new("DetectDuplicates", "Duplicate detection", "yes: the CRM refuses a record that its own duplicate rules find to be one. The same lead twice is told apart from that in any case.", Required: false, Default: "no", Options: ["no", "yes"]),
            new("Entities", "Tables", "Logical names of the tables to offer forms for, separated by commas.", Required: false, Default: "lead,contact,account,opportunity"),
        ],
        ["lead", "contact", "account", "opportunity"],
        (name, settings, time) => new DataverseConnector(name, Read(name, settings), settings.TrustsCertificate, time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static DataverseSettings Read(string connection, ConnectionSettings settings)
    {
        var problem = settings switch
        {
            _ when ConnectionSettings.UrlProblem(settings["Url"]) is { } wrong => wrong,
            _ when ConnectionSettings.UrlWithQueryProblem(settings["TokenUrl"], "token URL") is { } wrong => wrong,
            _ when settings["ClientId"] is null => "its client id is missing",
            _ when settings["ClientSecret"] is null && settings["ClientCertificate"] is null => "its client secret is missing, and so is a client certificate",
            _ => null,
        };
        return problem is null
            ? new DataverseSettings(
                settings["Url"]!,
                new ClientCredentials(settings["TokenUrl"]!, settings["ClientId"]!, settings["ClientSecret"] ?? "", settings["Scope"], Certificate(connection, settings)),
                settings["DetectDuplicates"] == "yes")
            {
                Secrets = [settings["ClientSecret"] ?? "", settings["ClientCertificate"] ?? "", settings["CertificatePassword"] ?? ""],
            }
            : throw ConnectionSettings.Invalid(connection, problem);
    }

    private static X509Certificate2? Certificate(string connection, ConnectionSettings settings)
    {
        try
        {
            return settings["ClientCertificate"] is { } text ? ClientAssertion.Read(text, settings["CertificatePassword"]) : null;
        }
        catch (CryptographicException e)
        {
            throw ConnectionSettings.Invalid(connection, $"its client certificate can't be read ({e.Message.TrimEnd('.')})");
        }
    }
}
