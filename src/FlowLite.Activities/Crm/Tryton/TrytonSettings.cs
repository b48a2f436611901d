using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Tryton;

/// <param name="Url">The server's address, without the database.</param>
/// <param name="WithoutKey">What a crash does to creates that Tryton enforces no key for.</param>
internal sealed record TrytonSettings(string Url, string Database, string User, string Password, Effect WithoutKey)
{
    public static ConnectorKind Kind { get; } = new(
        "tryton",
        "Tryton",
        [
            new("Url", "Address", "The server's address, such as https://tryton.contoso.com"),
            new("Database", "Database", "The database's name."),
            new("User", "User", "A user of the database that may create parties, addresses and opportunities and has a company."),
            new("Password", "Password", "The user's password.", IsSecret: true),
            Delivery.Field,
            new("Entities", "Models", "Names of the models to offer forms for, separated by commas; lead is a party with its opportunity.", Required: false, Default: "lead,party.party"),
        ],
        [TrytonLead.Entity, TrytonLead.Party],
        (name, settings, time) => Connector(name, Read(name, settings), settings, time));

    private static TrytonConnector Connector(string name, TrytonSettings settings, ConnectionSettings given, TimeProvider time) =>
        new(settings, new TrytonApi(name, settings, given.TrustsCertificate, time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static TrytonSettings Read(string connection, ConnectionSettings settings)
    {
        var problem = settings switch
        {
            _ when ConnectionSettings.UrlProblem(settings["Url"]) is { } wrong => wrong,
            _ when settings["Database"] is null => "its database is missing",
            _ when settings["User"] is null || settings["Password"] is null => "its user or password is missing",
            _ => null,
        };
        return problem is null
            ? new TrytonSettings(settings["Url"]!.TrimEnd('/'), settings["Database"]!, settings["User"]!, settings["Password"]!, Delivery.WithoutKey(connection, settings))
            : throw ConnectionSettings.Invalid(connection, problem);
    }
}
