using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using MailKit.Net.Smtp;
using MimeKit;
using MimeKit.Text;

namespace FlowLite.Activities.Crm.Smtp;

/// <summary>What a flow says of a mail, and the message that this makes.</summary>
internal static class MailFields
{
    public const string Entity = "mail";

    private const string To = "to";
    private const string Cc = "cc";
    private const string Bcc = "bcc";
    private const string ReplyTo = "replyTo";
    private const string Subject = "subject";
    private const string Text = "text";
    private const string Html = "html";

    /// <summary>More are a mailing, which is not what a lead is for.</summary>
    private const int MostAddresses = 50;

    /// <summary>Nothing of the comments, groups and routes that old mail knew.</summary>
    private static readonly ParserOptions Strict = new() { AddressParserComplianceMode = RfcComplianceMode.Strict, AllowAddressesWithoutDomain = false };

    public static CrmEntityInfo Mail { get; } = new(Entity, Entity, "E-mail", "Message-ID", Subject);

    public static IReadOnlyList<CrmField> Fields { get; } =
    [
        Address(To, "To", CrmRequirement.Required),
        new(Subject, CrmFieldType.Text) { DisplayName = "Subject", Requirement = CrmRequirement.Recommended, MaxLength = 250, CanCreate = true },
        new(Text, CrmFieldType.Memo) { DisplayName = "Text", Description = "The mail as plain text.", Requirement = CrmRequirement.Recommended, CanCreate = true },
        new(Html, CrmFieldType.Memo) { DisplayName = "HTML", Description = "The mail as HTML, beside the text or instead of it. Escape what a lead gives: {{ trigger.body.Description | html.escape }}", CanCreate = true },
        Address(Cc, "Cc", CrmRequirement.None),
        Address(Bcc, "Bcc", CrmRequirement.None),
        Address(ReplyTo, "Reply to", CrmRequirement.None),
    ];

    /// <summary>The same message for every attempt with the same key, but for its date.</summary>
    /// <param name="key">Becomes the Message-ID.</param>
    /// <exception cref="ActivityException"><c>InvalidColumn</c>, <c>InvalidValue</c>: nothing is sent.</exception>
    public static MimeMessage Message(JsonElement fields, Guid key, MailboxAddress from, DateTimeOffset now)
    {
        var message = new MimeMessage { Date = now, MessageId = MessageId(key, from) };
        message.From.Add(from);
        // That no other program answers it (RFC 3834).
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        string? text = null, html = null;
        foreach (var field in fields.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null))
        {
            switch (field.Name)
            {
                case To: message.To.AddRange(Mailboxes(field)); break;
                case Cc: message.Cc.AddRange(Mailboxes(field)); break;
                case Bcc: message.Bcc.AddRange(Mailboxes(field)); break;
                case ReplyTo: message.ReplyTo.AddRange(Mailboxes(field)); break;
                case Subject: message.Subject = OneLine(InputValues.Text(field.Value)); break;
                case Text: text = InputValues.Text(field.Value); break;
                case Html: html = InputValues.Text(field.Value); break;
                default: throw new ActivityException("InvalidColumn", $"A mail has no '{field.Name}': it has {string.Join(", ", Fields.Select(known => known.Name))}. Nothing was sent.");
            }
        }

        var recipients = message.To.Count + message.Cc.Count + message.Bcc.Count;
        if (recipients is 0 or > MostAddresses)
        {
            throw new ActivityException("InvalidValue", recipients == 0 ? "The mail has no recipient. Nothing was sent." : $"The mail has more than {MostAddresses} recipients. Nothing was sent.");
        }

        message.Body = (text, html) switch
        {
            (_, null) => new TextPart(TextFormat.Plain) { Text = text ?? "" },
            (null, _) => new TextPart(TextFormat.Html) { Text = html },
            _ => new MultipartAlternative(new TextPart(TextFormat.Plain) { Text = text }, new TextPart(TextFormat.Html) { Text = html }),
        };
        return message;
    }

    /// <summary>How the message is written for a server: mailboxes beyond ASCII take one that says that it knows them (RFC 6531), domains do not.</summary>
    /// <exception cref="ActivityException"><c>InvalidValue</c></exception>
    public static FormatOptions Format(MimeMessage message, SmtpCapabilities server)
    {
        var options = FormatOptions.Default.Clone();
        options.HiddenHeaders.Add(HeaderId.Bcc);
        options.International = message.GetMailboxes().Any(mailbox => !Ascii.IsValid(mailbox.LocalPart));
        return !options.International || server.HasFlag(SmtpCapabilities.UTF8)
            ? options
            : throw new ActivityException("InvalidValue", "The mail server takes no addresses with letters beyond ASCII before the @. Nothing was sent.");
    }

    private static IEnumerable<MailboxAddress> GetMailboxes(this MimeMessage message) =>
        new[] { message.From, message.To, message.Cc, message.Bcc, message.ReplyTo }.SelectMany(list => list.Mailboxes);

    /// <summary>Without angle brackets. The domain is the sender's own: ids have to be unique in the world (RFC 5322, 3.6.4).</summary>
    public static string MessageId(Guid key, MailboxAddress from) => $"{key}@{MailboxAddress.EncodeAddrspec(from.Address).Split('@')[^1]}";

    /// <summary>One address, with a name or without; null: it is none.</summary>
    public static MailboxAddress? Mailbox(string text) =>
        !text.Any(char.IsControl) && MailboxAddress.TryParse(Strict, text, out var mailbox) && mailbox.Domain.Length > 0 && mailbox.Route.Count == 0 ? mailbox : null;

    private static CrmField Address(string name, string displayName, CrmRequirement requirement) => new(name, CrmFieldType.Text)
    {
        DisplayName = displayName,
        Description = "E-mail addresses, separated by commas.",
        Requirement = requirement,
        CanCreate = true,
    };

    /// <summary>A text with addresses, or a list of such texts.</summary>
    private static IEnumerable<MailboxAddress> Mailboxes(JsonProperty field)
    {
        var texts = field.Value.ValueKind == JsonValueKind.Array ? field.Value.EnumerateArray().Select(InputValues.Text) : [InputValues.Text(field.Value)];
        return texts.Where(text => !string.IsNullOrWhiteSpace(text)).SelectMany(text => Mailboxes(field.Name, text));
    }

    private static IEnumerable<MailboxAddress> Mailboxes(string field, string text)
    {
        // What ends a header's line begins another header: no address has it, so that nothing is made of it here.
        if (text.Any(char.IsControl) || !InternetAddressList.TryParse(Strict, text, out var list) || list.Any(address => address is not MailboxAddress { Domain.Length: > 0, Route.Count: 0 }))
        {
            throw new ActivityException("InvalidValue", $"The value of '{field}' is no e-mail address or list of such. Nothing was sent.");
        }

        return list.Cast<MailboxAddress>();
    }

    private static string OneLine(string text) => string.Concat(text.Select(character => char.IsControl(character) || character is '\u2028' or '\u2029' ? ' ' : character)).Trim();
}
