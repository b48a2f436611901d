using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>The Tryton connector before a real Tryton server: neither a lead's opportunity nor its party is lost or made twice.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class TrytonCrashTests : CrashMatrix
{
    // A lead is three calls of a server that does one thing at a time.
    protected override int Leads => 30;

    protected override double Faults => 0.12;

    private protected override async Task<ICrashCrm> StartCrmAsync() => new Tryton(await TrytonServer.StartAsync());

    private sealed class Tryton(TrytonServer server) : ICrashCrm
    {
        public Uri Address => server.Address;

        public (string Entity, IReadOnlyDictionary<string, string> Fields)? Record => ("lead", new Dictionary<string, string>
        {
            ["name"] = "{{ trigger.body.UserDetails.FirstName }} {{ trigger.body.UserDetails.LastName }}",
            ["email"] = "{{ trigger.body.UserDetails.Email }}",
            ["description"] = "{{ trigger.body.OfferTitle }}",
        });

        public IReadOnlyDictionary<string, string> Connection(Uri proxy) => new Dictionary<string, string>
        {
            ["Kind"] = "tryton",
            ["Url"] = proxy.ToString(),
            ["Database"] = TrytonServer.Database,
            ["User"] = TrytonServer.User,
            ["Password"] = TrytonServer.Password,
        };

        public async Task<IReadOnlyList<string>> EmailsAsync()
        {
            var mechanisms = await server.CallAsync("model.party.contact_mechanism.search_read", new[] { new[] { "type", "=", "email" } }, 0, null, null, new[] { "party", "value" });
            var parties = mechanisms.EnumerateArray().ToDictionary(mechanism => mechanism.GetProperty("party").GetInt32(), mechanism => mechanism.GetProperty("value").GetString()!);
            parties.Values.Should().OnlyHaveUniqueItems("no party is created twice");
            var opportunities = await server.CallAsync("model.sale.opportunity.search_read", Array.Empty<object>(), 0, null, null, new[] { "party" });
            return [.. opportunities.EnumerateArray().Select(opportunity => parties[opportunity.GetProperty("party").GetInt32()])];
        }

        public ValueTask DisposeAsync()
        {
            server.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
