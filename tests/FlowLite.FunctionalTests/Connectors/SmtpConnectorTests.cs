using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Npm;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>Mails to a real mail server.</summary>
public sealed class SmtpConnectorTests : IAsyncLifetime
{
    private static readonly Guid Key = new("0a1b2c3d-0000-5000-8000-000000000001");
    private static readonly SelfSigned Certificate = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));
    private readonly List<CrmConnectors> _connectors = [];
    private MailServer _server = null!;

    public async Task InitializeAsync() => _server = await MailServer.StartAsync(MailServer.Password, Encrypted(new()));

    public async Task DisposeAsync()
    {
        _connectors.ForEach(connectors => connectors.Dispose());
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Create_OfAMail_SendsItEncryptedAndSignedIn()
    {
        var made = await CreateAsync(Connect(), """
            {"to":"Zoë <zoe@contoso.com>, two@contoso.com","cc":["three@contoso.com"],"bcc":"hidden@contoso.com","replyTo":"lead@example.org",
             "subject":"A lead: Žofie","text":"Žofie\n.\nasks","html":"<b>Žofie</b>"}
            """);

        var mail = await MailAsync(0);
        (mail.Secure, mail.User, mail.From).Should().Be((true, MailServer.User, "leads@contoso.com"));
        mail.To.Should().Equal("zoe@contoso.com", "two@contoso.com", "three@contoso.com", "hidden@contoso.com");
        var message = mail.Parsed();
        (message.Subject, message.From.ToString(), message.ReplyTo.ToString()).Should().Be(("A lead: Žofie", "\"FlowLite\" <leads@contoso.com>", "lead@example.org"));
        (message.TextBody!.ReplaceLineEndings("\n").TrimEnd(), message.HtmlBody!.Trim(), message.Bcc.Count).Should().Be(("Žofie\n.\nasks", "<b>Žofie</b>", 0));
        message.To.Mailboxes.First().Name.Should().Be("Zoë");
        (message.MessageId, message.Date).Should().Be((made.Id, _clock.GetUtcNow()));
        made.Id.Should().Be($"{Key}@contoso.com");
        mail.Source.Should().Contain("Auto-Submitted: auto-generated").And.NotContain("hidden@");
    }

    [Fact]
    public async Task Create_Again_HasTheSameMessageIdAndAnotherKeyAnotherOne()
    {
        var crm = Connect();

        var ids = new List<string>();
        foreach (var key in new[] { Key, Key, new Guid("0a1b2c3d-0000-5000-8000-000000000002") })
        {
            ids.Add((await CreateAsync(crm, """{"to":"one@contoso.com","text":"x"}""", key)).Id);
        }

        (ids[0] == ids[1], ids[1] == ids[2]).Should().Be((true, false));
        await MailAsync(2);
        _server.Mails.Select(mail => mail.Parsed().MessageId).Should().Equal(ids);
    }

    [Theory]
    [InlineData("subject", "Hello\r\nBcc: victim@example.org")]
    [InlineData("subject", "Hello\nX-Spam: no\n\nanother body")]
    [InlineData("text", "Hello\r\n.\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nSubject: injected\r\n\r\n.\r\n")]
    [InlineData("html", "<p>\r\n.\r\nQUIT\r\n")]
    public async Task Create_OfTextWithLineBreaks_MakesNoHeadersAndNoOtherMails(string field, string value)
    {
        await CreateAsync(Connect(), JsonSerializer.Serialize(new Dictionary<string, string> { ["to"] = "one@contoso.com", [field] = value }));

        var mail = await MailAsync(0);
        mail.To.Should().Equal("one@contoso.com");
        mail.Parsed().Headers.Select(header => header.Field).Should().BeSubsetOf(["From", "Date", "Message-Id", "Auto-Submitted", "To", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]);
        await CreateAsync(Connect(), """{"to":"last@contoso.com"}""");
        await MailAsync(1);
        _server.Mails.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("to", "one@contoso.com\r\nBcc: victim@example.org")]
    [InlineData("to", "one@contoso.com>\r\nRCPT TO:<victim@example.org")]
    [InlineData("cc", "\"x\r\nBcc: victim@example.org\" <one@contoso.com>")]
    [InlineData("bcc", "one\n@contoso.com")]
    [InlineData("replyTo", "one@contoso.com\nX: y")]
    [InlineData("to", "one\0@contoso.com")]
    [InlineData("to", "nobody")]
    [InlineData("to", "list: one@contoso.com, two@contoso.com;")]
    [InlineData("to", "<@relay.example.org:one@contoso.com>")]
    public async Task Create_ToWhatIsNoAddress_SendsNothing(string field, string value)
    {
        var fields = new Dictionary<string, string> { ["to"] = "one@contoso.com" };
        fields[field] = value;

        var failure = await FailAsync(CreateAsync(Connect(), JsonSerializer.Serialize(fields)));

        (failure.Code, failure.Retryable).Should().Be(("InvalidValue", false));
        failure.Message.Should().Contain($"'{field}'").And.Contain("Nothing was sent");
        _server.Mails.Should().BeEmpty();
    }

    [Theory]
    [InlineData("{}", "InvalidValue")]
    [InlineData("""{"to":" ","cc":null}""", "InvalidValue")]
    [InlineData("""{"to":"one@contoso.com","X-Priority":"1"}""", "InvalidColumn")]
    public async Task Create_OfAMailThatCanNotBe_IsFinal(string fields, string code)
    {
        var failure = await FailAsync(CreateAsync(Connect(), fields));

        (failure.Code, failure.Retryable).Should().Be((code, false));
    }

    [Theory]
    [InlineData("say450@contoso.com", "Smtp450", true, "crm")]
    [InlineData("say452@contoso.com", "Smtp452", true, "crm")]
    [InlineData("say421@contoso.com", "ConnectionFailed", true, "crm")]
    [InlineData("say550@contoso.com", "Smtp550", false, "author")]
    [InlineData("say553@contoso.com", "Smtp553", false, "author")]
    [InlineData("data451@contoso.com", "Smtp451", true, "crm")]
    [InlineData("data554@contoso.com", "Smtp554", false, "author")]
    public async Task Create_ThatTheServerRefuses_IsTriedAgainAsItsCodeSays(string to, string code, bool retryable, string actBy)
    {
        var failure = await FailAsync(CreateAsync(Connect(), $$"""{"to":"good@contoso.com, {{to}}","text":"x"}"""));

        (failure.Code, failure.Retryable, failure.OutcomeUnknown, failure.Details!.Value.GetProperty("actBy").GetString()).Should().Be((code, retryable, false, actBy));
        (failure.Message + failure.Details).Should().Contain("Refused as asked for").And.NotContain(MailServer.Password);
        _server.Mails.Should().BeEmpty("all recipients get it or none");
    }

    [Fact]
    public async Task Create_WithoutASignInThatTheServerAsksFor_IsForTheAdministrator()
    {
        var failure = await FailAsync(CreateAsync(Connect(("User", ""), ("Password", "")), """{"to":"one@contoso.com"}"""));

        (failure.Code, failure.Retryable, FailureOwners.Of(failure.Code, failure.Details)).Should().Be(("SignInRefused", false, FailureOwner.Administrator));
    }

    [Fact]
    public async Task Create_FromASenderThatIsRefused_IsForTheAdministrator()
    {
        var failure = await FailAsync(CreateAsync(Connect(("From", "say550@contoso.com")), """{"to":"one@contoso.com"}"""));

        (failure.Code, failure.Details!.Value.GetProperty("actBy").GetString()).Should().Be(("Smtp550", "administrator"));
    }

    [Fact]
    public async Task Create_WhoseAnswerIsLost_LeavesItsOutcomeOpen()
    {
        var failure = await FailAsync(CreateAsync(Connect(), """{"to":"lost@contoso.com","text":"x"}"""));

        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("ConnectionFailed", true, true));
        await MailAsync(0);
    }

    [Fact]
    public async Task Create_BeyondTheServersSize_IsFinal()
    {
        await using var small = await MailServer.StartAsync(MailServer.Password, Encrypted(new() { ["size"] = 10_000 }));

        var failure = await FailAsync(CreateAsync(Connect(("Port", $"{small.Port}")), JsonSerializer.Serialize(new { to = "one@contoso.com", text = new string('x', 20_000) })));

        (failure.Code, failure.Retryable).Should().Be(("Smtp552", false));
        small.Mails.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Password", "wrong-password", "SignInRefused", false)]
    [InlineData("User", "later", "Smtp454", true)]
    public async Task SignIn_ThatIsRefused_IsFinalUnlessItPasses(string setting, string value, string code, bool retryable)
    {
        var failure = await FailAsync(CreateAsync(Connect((setting, value)), """{"to":"one@contoso.com"}"""));

        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be((code, retryable, false));
        failure.Message.Should().NotContain(MailServer.Password).And.NotContain("wrong-password");
    }

    [Fact]
    public async Task Encryption_FromTheBeginning_SendsTheMail()
    {
        await using var server = await MailServer.StartAsync(MailServer.Password, Encrypted(new() { ["secure"] = true }));

        await CreateAsync(Connect(("Port", $"{server.Port}"), ("Encryption", "tls")), """{"to":"one@contoso.com"}""");

        await Eventually.UntilAsync(() => server.Mails.Count == 1, "the mail");
        server.Mails[0].Secure.Should().BeTrue();
    }

    [Theory]
    [InlineData("starttls")]
    [InlineData("tls")]
    public async Task Encryption_WithACertificateThatNobodyTrusts_SendsNothing(string encryption)
    {
        await using var server = await MailServer.StartAsync(MailServer.Password, Encrypted(new() { ["secure"] = encryption == "tls" }));

        var failure = await FailAsync(CreateAsync(Connect(trusts: false, ("Port", $"{server.Port}"), ("Encryption", encryption)), """{"to":"one@contoso.com"}"""));

        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("ConnectionFailed", true, false));
        failure.Message.Should().Contain("certificate");
        server.Mails.Should().BeEmpty();
    }

    [Theory]
    [InlineData("STARTTLS", "encryption by STARTTLS")]
    [InlineData("AUTH", "sign-in")]
    public async Task Server_ThatLacksWhatTheConnectionAsksFor_GetsNothing(string lacks, string said)
    {
        await using var server = await MailServer.StartAsync(null, Encrypted(new() { ["disabledCommands"] = new[] { lacks } }));

        var failure = await FailAsync(CreateAsync(Connect(("Port", $"{server.Port}")), """{"to":"one@contoso.com"}"""));

        (failure.Code, failure.Retryable).Should().Be(("ConnectionInvalid", false));
        failure.Message.Should().Contain(said);
        server.Mails.Should().BeEmpty();
    }

    [Fact]
    public async Task Server_ThatTakesNoUnicodeAddresses_RefusesThemAndTheOthersAreSent()
    {
        await using var server = await MailServer.StartAsync(null, Encrypted(new() { ["hideSMTPUTF8"] = true, ["disabledCommands"] = Array.Empty<string>() }));
        var crm = Connect(("Port", $"{server.Port}"), ("User", ""), ("Password", ""));

        var failure = await FailAsync(CreateAsync(crm, """{"to":"žofie@contoso.com"}"""));
        await CreateAsync(crm, """{"to":"one@contoso.com","subject":"Žofie"}""");

        (failure.Code, failure.Retryable).Should().Be(("InvalidValue", false));
        await Eventually.UntilAsync(() => server.Mails.Count == 1, "the mail");
        server.Mails[0].Source.All(char.IsAscii).Should().BeTrue();
    }

    [Fact]
    public async Task Server_ThatTakesUnicodeAddresses_GetsThem()
    {
        await CreateAsync(Connect(), """{"to":"žofie@žofie.example, one@žofie.example"}""");

        (await MailAsync(0)).To.Select(to => to.Split('@')[0]).Should().Equal("žofie", "one");
    }

    [Fact]
    public async Task Server_ThatNeverAnswers_TimesOut()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var create = CreateAsync(Connect(("Port", $"{((IPEndPoint)listener.LocalEndpoint).Port}")), """{"to":"one@contoso.com"}""");
        using var client = await listener.AcceptTcpClientAsync();

        _clock.Advance(TimeSpan.FromSeconds(101));

        var failure = await FailAsync(create);
        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("Timeout", true, false));
    }

    [Fact]
    public async Task Server_ThatIsNotThere_IsTriedAgain()
    {
        var failure = await FailAsync(CreateAsync(Connect(("Port", "9")), """{"to":"one@contoso.com"}"""));

        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("ConnectionFailed", true, false));
    }

    [Theory]
    [InlineData("Host", "", "host")]
    [InlineData("Host", "mail server", "host")]
    [InlineData("Port", "70000", "port")]
    [InlineData("Encryption", "maybe", "encryption")]
    [InlineData("From", "nobody", "From")]
    [InlineData("From", "one@contoso.com\r\nBcc: two@contoso.com", "From")]
    [InlineData("Password", "", "password")]
    [InlineData("WithoutKey", "perhaps", "WithoutKey")]
    public void Settings_ThatAreWrong_AreRefusedBeforeAnythingIsSent(string name, string value, string said)
    {
        var connect = () => Connect((name, value));

        connect.Should().Throw<ActivityException>().Where(e => e.Code == "ConnectionInvalid").WithMessage($"*{said}*").Which.Message.Should().NotContain(MailServer.Password);
    }

    [Fact]
    public void Settings_WithAPasswordThatWouldGoUnencryptedToAnotherMachine_AreRefused()
    {
        var connect = () => Connect(("Encryption", "disable"), ("Host", "mail.contoso.com"));

        connect.Should().Throw<ActivityException>().Where(e => e.Code == "ConnectionInvalid").WithMessage("*without encryption*");
    }

    [Fact]
    public async Task Contract_OfAMailServer_IsOneTableThatCanBeCreatedIn()
    {
        var crm = Connect(("WithoutKey", "at-most-once"));
        var metadata = _connectors[^1].FindMetadata("mail")!;

        (await metadata.TestAsync(CancellationToken.None)).Should().Be(MailServer.User);
        (await metadata.EntitiesAsync(CancellationToken.None)).Select(table => table.Name).Should().Equal("mail");
        (await metadata.FieldsAsync("mail", CancellationToken.None)).Where(field => field.Requirement == CrmRequirement.Required).Select(field => field.Name).Should().Equal("to");
        (crm.CreateEffect("mail"), Connect().CreateEffect("mail")).Should().Be((Effect.AtMostOnce, Effect.AtLeastOnce));
        (await FailAsync(CreateAsync(crm, "{}", entity: "leads"))).Code.Should().Be("TableNotFound");
        (await FailAsync(async () => await crm.GetAsync(new GetRecordRequest("mail", RecordKey.ById("x"), []), CancellationToken.None))).Code.Should().Be("NotSupported");
    }

    private static Dictionary<string, object> Encrypted(Dictionary<string, object> options)
    {
        (options["key"], options["cert"]) = (Certificate.Key, Certificate.Certificate);
        return options;
    }

    private ICrmConnector Connect(params (string Name, string Value)[] changed) => Connect(trusts: true, changed);

    private ICrmConnector Connect(bool trusts, params (string Name, string Value)[] changed)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Host"] = "127.0.0.1",
            ["Port"] = $"{_server.Port}",
            ["User"] = MailServer.User,
            ["Password"] = MailServer.Password,
            ["From"] = "FlowLite <leads@contoso.com>",
        };
        foreach (var (name, value) in changed)
        {
            settings[name] = value;
        }

        var connection = new ConnectionSettings("smtp", settings) { TrustsCertificate = trusts ? certificate => certificate?.GetCertHashString() == Certificate.Thumbprint : null };
        var connectors = new CrmConnectors(_ => connection, _clock);
        _connectors.Add(connectors);
        return connectors.Find("mail")!;
    }

    private async Task<MailServer.Mail> MailAsync(int index)
    {
        await Eventually.UntilAsync(() => _server.Mails.Count > index, "the mail");
        return _server.Mails[index];
    }

    private static Task<CreatedRecord> CreateAsync(ICrmConnector crm, string fields, Guid? key = null, string entity = "mail") =>
        Task.Run(async () => await crm.CreateAsync(new CreateRecordRequest("mail", entity, JsonElement.Parse(fields), key ?? Key, "create", null), CancellationToken.None));

    private static Task<ActivityException> FailAsync(Task call) => FailAsync(() => call);

    private static async Task<ActivityException> FailAsync(Func<Task> call) => (await call.Should().ThrowAsync<ActivityException>()).Which;
}
