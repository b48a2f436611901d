using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Runs;

public sealed class ResubmitTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task Resubmit_RunThatMadeItsRecord_FindsItUnlessItIsANewLead()
    {
        var flow = await host.PublishAsync("again", "", HeldCrm.Create().Replace("\"sink\"", "\"embedded\"", StringComparison.Ordinal));
        var id = await host.AcceptedAsync(flow, """{"subject":"again and again"}""");
        (await host.EndedRunAsync("again", id)).Status().Should().Be("Succeeded");

        var same = await ResubmitAsync(id, asNewLead: false);
        (await LeadsAsync()).Should().Be(1);
        var sameOnceMore = await ResubmitAsync(same, asNewLead: false);
        (await LeadsAsync()).Should().Be(1);
        await ResubmitAsync(sameOnceMore, asNewLead: true);
        (await LeadsAsync()).Should().Be(2);
    }

    private async Task<string> ResubmitAsync(string id, bool asNewLead)
    {
        using var answer = await host.Api.PostAsJsonAsync($"/api/flows/again/runs/{id}/resubmit", new { asNewLead });
        answer.EnsureSuccessStatusCode();
        var newId = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("runId").GetString()!;
        (await host.EndedRunAsync("again", newId)).Status().Should().Be("Succeeded");
        return newId;
    }

    private async Task<int> LeadsAsync() =>
        (await host.Api.GetFromJsonAsync<JsonElement>("/crm/api/data/v9.2/leads?$filter=subject eq 'again and again'")).GetProperty("value").GetArrayLength();
}
