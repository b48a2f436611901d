using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Tryton;

/// <param name="Url">The server's address, without the database.</param>
/// <param name="Uncertain">What a crash does to creates that Tryton enforces no key for.</param>
internal sealed record TrytonSettings(string Url, string Database, string User, string Password, Effect Uncertain)
{
    public static ConnectorKind Kind { get; } = new(
        "tryton",
        "Tryton",
        [
            new("Url", "Address", "The server's address, such as https://tryton.contoso.com"),
            new("Database", "Database", "The database's name."),
            new("User", "User", "A user of the database that may create parties, addresses and opportunities and has a company."),
            new("Password", "Password", "The user's password.", IsSecret: true),
            new("AfterCrash", "After a crash", "Of leads and parties each is made once. Other records that were under way when the server stopped are made again (repeat), or wait for a person (ask).",
                Required: false, Default: "repeat", Options: ["repeat", "ask"]),
            new("Entities", "Models", "Names of the models to offer forms for, separated by commas; lead is a party with its opportunity.", Required: false, Default: "lead,party.party"),
        ],
        [TrytonLead.Entity, TrytonLead.Party],
        (name, settings, time) => Connector(name, Read(name, settings), settings, time));

    private static TrytonConnector Connector(string name, TrytonSettings settings, ConnectionSettings given, TimeProvider time) =>
        new(settings, new TrytonApi(name, settings, given.TrustsCertificate, time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static TrytonSettings Read(string connection, ConnectionSettings settings)
    {
        var afterCrash = settings["AfterCrash"] ?? "repeat";
        var problem = settings switch
        {
            _ when !ConnectionSettings.IsUrl(settings["Url"]) => "its URL is no http or https address without user name and password",
            _ when settings["Database"] is null => "its database is missing",
            _ when settings["User"] is null || settings["Password"] is null => "its user or password is missing",
            _ when afterCrash is not ("repeat" or "ask") => "AfterCrash is neither 'repeat' nor 'ask'",
            _ => null,
        };
        return problem is null
            ? new TrytonSettings(settings["Url"]!.TrimEnd('/'), settings["Database"]!, settings["User"]!, settings["Password"]!, afterCrash == "ask" ? Effect.AtMostOnce : Effect.AtLeastOnce)
            : throw ConnectionSettings.Invalid(connection, problem);
    }
}
