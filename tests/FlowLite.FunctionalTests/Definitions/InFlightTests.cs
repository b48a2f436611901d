using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>What becomes of a flow is nothing to the runs that are under way on it, and leads that come later are not lost.</summary>
public sealed class InFlightTests : IAsyncLifetime
{
    private HeldCrm _crm = null!;
    private TriggerHost _host = null!;

    public async Task InitializeAsync()
    {
        _crm = await HeldCrm.StartAsync();
        _host = await TriggerHost.StartAsync(null, _crm.Arguments);
    }

    public async Task DisposeAsync()
    {
        await ((IAsyncDisposable)_host).DisposeAsync();
        await _crm.DisposeAsync();
    }

    [Fact]
    public async Task Retract_WhileARunIsUnderWay_LetsItEndAndKeepsLaterLeads()
    {
        var (flow, run) = await StartAsync();

        using (var retracted = await _host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/held/retract", new { }))
        {
            retracted.EnsureSuccessStatusCode();
        }

        await RefusedAsync(flow, "no published version");
        await EndsAsync(run, flow);
        using (var published = await _host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/held/publish", new { }))
        {
            published.EnsureSuccessStatusCode();
        }

        await _host.AcceptedAsync(flow);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Delete_WhileARunIsUnderWay_LetsItEndAndKeepsLaterLeads(bool restart)
    {
        var (flow, run) = await StartAsync();

        using (var deleted = await _host.Api.DeleteAsync("/elsa/api/workflow-definitions/held"))
        {
            deleted.EnsureSuccessStatusCode();
        }

        await RefusedAsync(flow, "'Deleted'");
        if (restart)
        {
            // The connector's call is broken off, and made again in the next life.
            _crm.Open();
            await _host.StopAsync();
            await _host.StartAgainAsync();
        }

        await EndsAsync(run, flow);
        var listed = await _host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/workflow-definitions?versionOptions=&Ids={flow.Definition.Id}");
        listed.GetProperty("totalCount").GetInt32().Should().Be(1, "the list of runs leaves out those whose version it can't find");
    }

    [Fact]
    public async Task Import_OfADeletedFlow_MakesItsUrlWorkAgain()
    {
        var flow = await _host.PublishAsync("held", "", HeldCrm.Create());
        var exported = await _host.Api.GetFromJsonAsync<JsonElement>("/elsa/api/workflow-definitions/held/export");
        using (await _host.Api.DeleteAsync("/elsa/api/workflow-definitions/held"))
        {
        }

        await RefusedAsync(flow, "'Deleted'");
        using (var imported = await _host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/import", exported))
        {
            imported.EnsureSuccessStatusCode();
        }

        using (var published = await _host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/held/publish", new { }))
        {
            published.EnsureSuccessStatusCode();
        }

        await _host.AcceptedAsync(flow);
    }

    private async Task<(PublishedFlow Flow, string Run)> StartAsync()
    {
        var flow = await _host.PublishAsync("held", "", HeldCrm.Create());
        var run = await _host.AcceptedAsync(flow);
        await _crm.UntilUnderWayAsync(1);
        return (flow, run);
    }

    private async Task RefusedAsync(PublishedFlow flow, string why)
    {
        using var answer = await _host.PostAsync(flow, """{"subject":"late"}""");
        (await answer.ShouldBeErrorAsync(400, "WorkflowTriggerIsNotEnabled")).Should().Contain(why);
        (await _host.InboxAsync("held")).Should().ContainSingle().Which.Body.ToArray().Should().Equal("""{"subject":"late"}"""u8.ToArray());
    }

    private async Task EndsAsync(string run, PublishedFlow flow)
    {
        _crm.Open();
        var ended = await _host.EndedRunAsync("held", run);
        ended.Status().Should().Be("Succeeded");
        ended.GetProperty("versionId").GetString().Should().Be(flow.Definition.Id);
    }
}
