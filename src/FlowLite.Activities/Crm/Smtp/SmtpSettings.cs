using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using FlowLite.Engine.Activities;
using MailKit.Security;
using MimeKit;

namespace FlowLite.Activities.Crm.Smtp;

/// <param name="User">Null: the server takes mail without a sign-in.</param>
/// <param name="From">Who all mails are from.</param>
/// <param name="TrustsCertificate">Accepts certificates beside those that the machine trusts; null: none.</param>
internal sealed record SmtpSettings(
    string Host, int Port, SecureSocketOptions Encryption, string? User, string Password, MailboxAddress From, Effect WithoutKey, Func<X509Certificate?, bool>? TrustsCertificate)
{
    private const string StartTls = "starttls";
    private const string Tls = "tls";
    private const string Disable = "disable";

    public static ConnectorKind Kind { get; } = new(
        "smtp",
        "E-mail (SMTP)",
        [
            new("Host", "Host", "The mail server's name or address."),
            new("Port", "Port", "When empty 587, and 465 for tls.", Required: false),
            new("Encryption", "Encryption", "starttls: the connection is encrypted before anything is said. tls: from its beginning. Both ask for a certificate that fits the host. disable: none, and no sign-in but to a server on the same machine.", Default: StartTls, Options: [StartTls, Tls, Disable]),
            new("User", "User", "Empty: without signing in.", Required: false),
            new("Password", "Password", "The user's.", Required: false, IsSecret: true),
            new("From", "From", "The sender of all mails, such as FlowLite <leads@contoso.com>."),
            Delivery.Field,
        ],
        [MailFields.Entity],
        (name, settings, time) => new SmtpConnector(name, Read(name, settings), time));

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static SmtpSettings Read(string connection, ConnectionSettings settings)
    {
        var encryption = settings["Encryption"] ?? StartTls;
        var port = 0;
        var from = MailFields.Mailbox(settings["From"] ?? "");
        var problem = settings switch
        {
            _ when !ConnectionSettings.IsHost(settings["Host"]) => "its host is missing or is no name or address of a server",
            _ when settings["Port"] is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535) => "its port is no number from 1 to 65535",
            _ when encryption is not (StartTls or Tls or Disable) => $"its encryption is none of {StartTls}, {Tls} and {Disable}",
            _ when from is null => "its sender (From) is no e-mail address",
            _ when settings["User"] is null != settings["Password"] is null => "of user and password one is missing",
            _ when encryption == Disable && settings["User"] is not null && !IsHere(settings["Host"]!) => "without encryption the password would be sent for everybody to read; only a server on the same machine gets it so",
            _ => null,
        };
        return problem is null
            ? new SmtpSettings(
                settings["Host"]!,
                port > 0 ? port : encryption == Tls ? 465 : 587,
                encryption switch { Tls => SecureSocketOptions.SslOnConnect, Disable => SecureSocketOptions.None, _ => SecureSocketOptions.StartTls },
                settings["User"],
                settings["Password"] ?? "",
                from!,
                Delivery.WithoutKey(connection, settings),
                settings.TrustsCertificate)
            : throw ConnectionSettings.Invalid(connection, problem);
    }

    private static bool IsHere(string host) => new UriBuilder("smtp", host).Uri.IsLoopback;
}
