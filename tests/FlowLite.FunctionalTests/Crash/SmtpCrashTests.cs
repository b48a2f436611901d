using FlowLite.FunctionalTests.Npm;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>Mails to a mail server that others wrote. No lead is without its mail; some have two, with the same Message-ID.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class SmtpCrashTests : CrashMatrix
{
    protected override bool CreatesOnce => false;

    private protected override async Task<ICrashCrm> StartCrmAsync() => new Mails(await MailServer.StartAsync());

    private sealed class Mails(MailServer server) : ICrashCrm
    {
        public Uri Address => new($"smtp://127.0.0.1:{server.Port}");

        public (string Entity, IReadOnlyDictionary<string, string> Fields)? Record => ("mail", new Dictionary<string, string>
        {
            ["to"] = "{{ trigger.body.UserDetails.Email }}",
            ["subject"] = "Your interest in {{ trigger.body.OfferTitle }}",
        });

        public IReadOnlyDictionary<string, string> Connection(Uri proxy) => new Dictionary<string, string>
        {
            ["Kind"] = "smtp",
            ["Host"] = proxy.Host,
            ["Port"] = $"{proxy.Port}",
            ["Encryption"] = "disable",
            ["From"] = "leads@contoso.com",
        };

        public Task<IReadOnlyList<string>> EmailsAsync()
        {
            var ids = server.Mails.GroupBy(mail => mail.To.Single(), mail => mail.Parsed().MessageId);
            ids.Should().OnlyContain(mails => mails.Distinct().Count() == 1, "a repeat can be told by its Message-ID");
            return Task.FromResult<IReadOnlyList<string>>([.. server.Mails.Select(mail => mail.To.Single())]);
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
