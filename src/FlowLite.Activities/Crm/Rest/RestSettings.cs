using System.Text;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Rest;

/// <param name="Header">The credentials that each call carries; null: none, or a token of <paramref name="OAuth"/>.</param>
/// <param name="Secrets">What is masked in what the CRM says.</param>
/// <param name="TestPath">What a test reads; null: the address itself.</param>
/// <param name="WithoutKey">What creates are where a table's key is not enforced.</param>
internal sealed record RestSettings(
    string Url, (string Name, string Value)? Header, ClientCredentials? OAuth, IReadOnlyList<string> Secrets, string? TestPath,
    IReadOnlyDictionary<string, RestTable> Tables, Effect WithoutKey)
{
    private const string Example = """{"leads":{"create":{"path":"/leads","id":"/id"},"key":{"header":"Idempotency-Key","enforced":true},"fields":[{"name":"email","required":true}]}}""";

    public static ConnectorKind Kind { get; } = new(
        "rest",
        "REST API",
        [
            new("Url", "Address", "What stands before every path, such as https://api.contoso.com/v2"),
            new("SignIn", "Sign in with", "none; bearer: the secret as a token; header: the secret in a header of its own; basic: user name and secret; oauth: client credentials.",
                Default: "none", Options: ["none", "bearer", "header", "basic", "oauth"]),
            new("Secret", "Secret", "The token, API key, password or client secret.", Required: false, IsSecret: true),
            new("Header", "Header's name", "Of the API key, such as X-Api-Key.", Required: false),
            new("UserName", "User name", "For basic.", Required: false),
            new("TokenUrl", "Token address", "For oauth.", Required: false),
            new("ClientId", "Client id", "For oauth.", Required: false),
            new("Scope", "Scope", "For oauth; left out of the token request when empty.", Required: false),
            new("TestPath", "Path to test with", "Read when the connection is tested, such as /me. Empty: the address itself.", Required: false),
            new("Tables", "Tables (JSON)", $"How records are made: paths, the place of the key, the id in the answer, columns; docs/connectors.md describes it. Example: {Example}", IsLong: true),
            Delivery.Field,
            new("Entities", "Forms", "Tables to offer forms for, separated by commas. Empty: all.", Required: false),
        ],
        [],
        (name, settings, time) => new RestConnector(name, Read(name, settings), settings.TrustsCertificate, time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static RestSettings Read(string connection, ConnectionSettings settings)
    {
        if (ConnectionSettings.UrlProblem(settings["Url"]) is { } wrong)
        {
            throw ConnectionSettings.Invalid(connection, wrong);
        }

        var tables = RestTable.Read(settings["Tables"] ?? "{}", out var problem);
        if (problem is not null)
        {
            throw ConnectionSettings.Invalid(connection, $"its tables can't be read: {problem.TrimEnd('.')}");
        }

        if (settings["TestPath"] is { } path && !RestCall.IsPath(path))
        {
            throw ConnectionSettings.Invalid(connection, "its path to test with has to begin with / and has no fragment");
        }

        var (header, oauth) = SignIn(connection, settings);
        var secrets = new[] { settings["Secret"], header?.Value.Split(' ')[^1] }.OfType<string>().Distinct().ToList();
        return new RestSettings(settings["Url"]!, header, oauth, secrets, settings["TestPath"], tables, Delivery.WithoutKey(connection, settings));
    }

    private static ((string Name, string Value)? Header, ClientCredentials? OAuth) SignIn(string connection, ConnectionSettings settings)
    {
        var kind = settings["SignIn"] ?? "none";
        string Needed(string name) => settings[name] ?? throw ConnectionSettings.Invalid(connection, $"to sign in with {kind} it needs {name}");
        switch (kind)
        {
            case "none":
                return default;
            case "bearer":
                return (Header("Authorization", $"Bearer {Needed("Secret")}"), null);
            case "header":
                return (Header(Needed("Header"), Needed("Secret")), null);
            case "basic":
                return (Header("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Needed("UserName")}:{Needed("Secret")}"))), null);
            case "oauth" when ConnectionSettings.UrlWithQueryProblem(Needed("TokenUrl"), "token URL") is { } problem:
                throw ConnectionSettings.Invalid(connection, problem);
            case "oauth":
                return (null, new ClientCredentials(Needed("TokenUrl"), Needed("ClientId"), Needed("Secret"), settings["Scope"]));
            default:
                throw ConnectionSettings.Invalid(connection, $"it can't sign in with '{kind}'");
        }

        (string, string) Header(string name, string value)
        {
            using var request = new HttpRequestMessage();
            return request.Headers.TryAddWithoutValidation(name, value) && value.All(c => c is >= ' ' and < (char)127)
                ? (name, value)
                : throw ConnectionSettings.Invalid(connection, "its header can't be sent: check the header's name, and that the secret has ASCII characters only");
        }
    }
}
