using FlowLite.FunctionalTests.Connectors;
using FlowLite.FunctionalTests.Connectors.StandIns;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>The generic REST connector, with a key in a header that the API enforces.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class RestCrashTests : CrashMatrix
{
    private protected override async Task<ICrashCrm> StartCrmAsync() => new StandInCrm(await RestStandIn.StartAsync(), "rest", RestConnectorTests.Settings,
        "leads", new() { ["email"] = "{{ trigger.body.UserDetails.Email }}", ["name"] = "{{ trigger.body.UserDetails.LastName }}" }, "email", "/v2/leads");
}

/// <summary>Salesforce with a unique external id.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class SalesforceCrashTests : CrashMatrix
{
    private protected override async Task<ICrashCrm> StartCrmAsync() => new StandInCrm(await SalesforceStandIn.StartAsync(), "salesforce", SalesforceConnectorTests.Settings,
        "Lead", new() { ["Email"] = "{{ trigger.body.UserDetails.Email }}", ["LastName"] = "{{ trigger.body.UserDetails.LastName }}", ["Company"] = "{{ trigger.body.OfferTitle }}" }, "Email", "/services/data/v63.0/sobjects/Lead");
}

/// <summary>HubSpot with a property of unique values.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class HubSpotCrashTests : CrashMatrix
{
    private protected override async Task<ICrashCrm> StartCrmAsync() => new StandInCrm(await HubSpotStandIn.StartAsync(), "hubspot", HubSpotConnectorTests.Settings,
        "contacts", new() { ["email"] = "{{ trigger.body.UserDetails.Email }}", ["lastname"] = "{{ trigger.body.UserDetails.LastName }}" }, "email", "/crm/v3/objects/");
}

/// <summary>
/// Marketo with a key field that it looks leads up by. It promises at least once only; of repeats that come one after the other, as
/// here, it makes one lead all the same.
/// </summary>
[Collection(CrashMatrix.Collection)]
public sealed class MarketoCrashTests : CrashMatrix
{
    private protected override async Task<ICrashCrm> StartCrmAsync() => new StandInCrm(await MarketoStandIn.StartAsync(), "marketo", MarketoConnectorTests.Settings,
        "lead", new() { ["email"] = "{{ trigger.body.UserDetails.Email }}", ["lastName"] = "{{ trigger.body.UserDetails.LastName }}" }, "email", "/rest/v1/leads.json");
}

/// <summary>A stand-in, which lives in the tests' own process and so outlives the server.</summary>
internal sealed class StandInCrm(
    StandIn standIn, string kind, Func<string, Dictionary<string, string?>> settings, string entity, Dictionary<string, string> fields, string email, string records) : ICrashCrm
{
    public Uri Address => new(standIn.Url);

    public (string Entity, IReadOnlyDictionary<string, string> Fields)? Record => (entity, fields);

    public IReadOnlyDictionary<string, string> Connection(Uri proxy)
    {
        var connection = settings(proxy.ToString().TrimEnd('/')).Where(setting => setting.Value is not null).ToDictionary(setting => setting.Key, setting => setting.Value!);
        connection["Kind"] = kind;
        return connection;
    }

    // Not what a test of the connection reads: that is how the server finds out whether the CRM is back.
    public bool IsRecordCall(HttpRequest request) =>
        request.Path.Value!.StartsWith(records, StringComparison.Ordinal) && !request.Path.Value.EndsWith("/describe", StringComparison.Ordinal);

    public Task<IReadOnlyList<string>> EmailsAsync() =>
        Task.FromResult<IReadOnlyList<string>>([.. standIn.Records.Select(record => record[email]!.GetValue<string>())]);

    public ValueTask DisposeAsync() => standIn.DisposeAsync();
}
