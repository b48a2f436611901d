using System.Globalization;
using System.Net.Sockets;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;

namespace FlowLite.Activities.Crm.Smtp;

/// <summary>What a mail server's refusals mean: 4xx pass, 5xx are final (RFC 5321, 4.2.1).</summary>
internal static class SmtpErrors
{
    /// <param name="action">What the server was asked to do: <c>take the mail</c></param>
    /// <param name="signedIn">It came after the sign-in; a lost answer then leaves open what was done.</param>
    /// <returns>Null: it is no failure of the server or the way there.</returns>
    public static ActivityException? Failure(Exception e, string who, string action, bool signedIn, SecretMask mask) => e switch
    {
        SmtpCommandException refused => Refused(refused, who, action, mask, OwnerOf(refused)),
        AuthenticationException { InnerException: SmtpCommandException { StatusCode: < (SmtpStatusCode)500 } later } => Refused(later, who, "let the connection's user in", mask, FailureOwner.Crm),
        AuthenticationException => new ActivityException("SignInRefused", $"{who} refused the connection's user: {mask.Apply(e.Message).TrimEnd('.')}. Check its name and password."),
        ServiceNotAuthenticatedException => new ActivityException("SignInRefused", $"{who} asks for a sign-in: {mask.Apply(e.Message).TrimEnd('.')}. Check the connection's user."),
        SslHandshakeException => Unreachable($"{who} could not be reached: no encrypted connection came about ({e.InnerException?.Message.TrimEnd('.') ?? "no reason given"}). Check the connection's host, port and encryption, and the server's certificate.", false),
        // The server lacks what the connection asks for.
        NotSupportedException => new ActivityException("ConnectionInvalid", $"{who} offers no {(e.Message.Contains("STARTTLS", StringComparison.OrdinalIgnoreCase) ? "encryption by STARTTLS" : "sign-in that the connection can use")}. Check the connection's port and encryption."),
        ProtocolException or IOException or SocketException or ServiceNotConnectedException => Unreachable($"{who} could not be reached: {mask.Apply(e.Message).TrimEnd('.')}. Check that it runs and that the connection's host and port are right.", signedIn),
        _ => null,
    };

    public static ActivityException Timeout(string who, TimeSpan after, bool signedIn) =>
        new("Timeout", $"{who} did not answer within {after.TotalSeconds:0} seconds.") { Retryable = true, OutcomeUnknown = signedIn };

    private static ActivityException Unreachable(string message, bool outcomeUnknown) => new("ConnectionFailed", message) { Retryable = true, OutcomeUnknown = outcomeUnknown };

    private static ActivityException Refused(SmtpCommandException e, string who, string action, SecretMask mask, FailureOwner owner)
    {
        var (status, said) = ((int)e.StatusCode, CrmJson.Shorten(mask.Apply(e.Message), 500));
        var code = string.Create(CultureInfo.InvariantCulture, $"Smtp{status}");
        return new ActivityException(
            // Of a server that shuts down or has enough connections: it is not the mail.
            e.StatusCode == SmtpStatusCode.ServiceNotAvailable ? "ConnectionFailed" : code,
            $"{who} did not {action}, {status}: {said.TrimEnd('.')}. {Advice(owner)}")
        {
            Retryable = owner == FailureOwner.Crm,
            Details = FailureOwners.Details(owner, code, said),
        };
    }

    private static FailureOwner OwnerOf(SmtpCommandException e) => (int)e.StatusCode switch
    {
        < 500 => FailureOwner.Crm,
        // It asks for a sign-in or for encryption.
        530 or 534 or 535 or 538 => FailureOwner.Administrator,
        _ when e.ErrorCode == SmtpErrorCode.SenderNotAccepted => FailureOwner.Administrator,
        _ => FailureOwner.Author,
    };

    private static string Advice(FailureOwner owner) => owner switch
    {
        FailureOwner.Crm => "It is tried again as it is.",
        FailureOwner.Administrator => "Check the connection's sender, user and encryption, and what the server lets it send.",
        _ => "Check the recipients and the mail's content, then resubmit the run.",
    };
}
