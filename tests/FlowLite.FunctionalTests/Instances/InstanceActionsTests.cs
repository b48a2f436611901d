using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Instances;

public sealed class InstanceActionsTests : IAsyncLifetime
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
        _crm.Open();
        await _host.DisposeAsync();
        await _crm.DisposeAsync();
    }

    [Fact]
    public async Task Cancel_RunThatWaits_EndsIt()
    {
        await _host.PublishChartAsync("waits", InstancesClient.Wait("wait", "01:00:00"));
        var id = await _host.Api.DispatchAsync("waits");
        await _host.Api.InstanceAsync(id, "Suspended");

        await _host.Api.PostJsonAsync($"/elsa/api/cancel/workflow-instances/{id}", "{}");

        var cancelled = await _host.Api.InstanceAsync(id);
        (cancelled.Text("status"), cancelled.Text("subStatus")).Should().Be(("Finished", "Cancelled"));
        cancelled.GetProperty("workflowState").GetProperty("bookmarks").GetArrayLength().Should().Be(0);
        await _host.Api.PostJsonAsync($"/elsa/api/cancel/workflow-instances/{id}", "{}");
        await _host.Api.PostJsonAsync("/elsa/api/cancel/workflow-instances/nope", "{}", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task BulkCancel_IdsOrAVersionOrAFlow_CountsThoseThatWereUnderWay()
    {
        var version = (await _host.PublishChartAsync("many", InstancesClient.Wait("wait", "01:00:00"))).Id;
        var first = await StartAsync(3);

        (await CancelAsync($$"""{"ids":["{{first[0]}}","nope"],"definitionVersionId":null,"definitionId":null,"versionOptions":null}""")).Should().Be(1);
        (await CancelAsync($$"""{"ids":null,"definitionVersionId":"{{version}}"}""")).Should().Be(2);
        await StartAsync(2);
        (await CancelAsync("""{"definitionId":"many","versionOptions":"Published"}""")).Should().Be(2);
        await StartAsync(1);
        (await CancelAsync("""{"definitionId":"many"}""")).Should().Be(1);
        (await CancelAsync("""{"definitionId":"other","versionOptions":"Latest"}""")).Should().Be(0);
        (await _host.Api.InstancesAsync("""{"definitionId":"many","status":"Running"}""")).Ids().Should().BeEmpty();

        async Task<string[]> StartAsync(int count)
        {
            var ids = (await _host.Api.PostJsonAsync("/elsa/api/workflow-definitions/many/bulk-dispatch", $$"""{"count":{{count}}}"""))
                .GetProperty("workflowInstanceIds").EnumerateArray().Select(i => i.GetString()!).ToArray();
            foreach (var id in ids)
            {
                await _host.Api.InstanceAsync(id, "Suspended");
            }

            return ids;
        }

        async Task<int> CancelAsync(string body) =>
            (await _host.Api.PostJsonAsync("/elsa/api/bulk-actions/cancel/workflow-instances", body)).GetProperty("cancelled").GetInt32();
    }

    [Fact]
    public async Task Alterations_CancelWithAFilter_CancelsWhatTheListShows()
    {
        await _host.PublishChartAsync("altered", InstancesClient.Wait("wait", "01:00:00"));
        var (one, other) = (await _host.Api.DispatchAsync("altered", """{"correlationId":"yes"}"""), await _host.Api.DispatchAsync("altered"));
        await _host.Api.InstanceAsync(one, "Suspended");
        await _host.Api.InstanceAsync(other, "Suspended");

        var plan = await _host.Api.PostJsonAsync("/elsa/api/alterations/submit", """{"id":"p1","alterations":[{"type":"Cancel"}],"filter":{"definitionIds":["altered"],"searchTerm":"yes"}}""");

        plan.Text("planId").Should().Be("p1");
        (await _host.Api.InstanceAsync(one)).Text("subStatus").Should().Be("Cancelled");
        (await _host.Api.InstanceAsync(other)).Text("subStatus").Should().Be("Suspended");
        await _host.Api.PostJsonAsync("/elsa/api/alterations/submit", """{"alterations":[{"type":"Migrate"}],"filter":{}}""", HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("""{}""", HttpStatusCode.OK)]
    [InlineData("""{"workflowInstanceIds":[],"searchTerm":"","isSystem":false,"emptyFilterSelectsAll":false}""", HttpStatusCode.OK)]
    [InlineData("""{"correlationIds":["somebody else's"]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"workflowInstanceIds":"none of these"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"definitionIds":[{"id":"another"}]}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"workflowInstanceIds":["<this>"],"correlationId":"another"}""", HttpStatusCode.BadRequest)]
    public async Task Alterations_CancelWithAFilterThatMeansNoRun_LeavesAllRuns(string filter, HttpStatusCode answer)
    {
        await _host.PublishChartAsync("left-alone", InstancesClient.Wait("wait", "01:00:00"));
        var run = await _host.Api.DispatchAsync("left-alone");
        await _host.Api.InstanceAsync(run, "Suspended");

        await _host.Api.PostJsonAsync("/elsa/api/alterations/submit", $$"""{"alterations":[{"type":"Cancel"}],"filter":{{filter.Replace("<this>", run, StringComparison.Ordinal)}}}""", answer);

        (await _host.Api.InstanceAsync(run)).Text("subStatus").Should().Be("Suspended");
    }

    [Fact]
    public async Task Alterations_CancelWithAnEmptyFilterForAll_CancelsAll()
    {
        await _host.PublishChartAsync("all-of-them", InstancesClient.Wait("wait", "01:00:00"));
        var run = await _host.Api.DispatchAsync("all-of-them");
        await _host.Api.InstanceAsync(run, "Suspended");

        await _host.Api.PostJsonAsync("/elsa/api/alterations/submit", """{"alterations":[{"type":"Cancel"}],"filter":{"emptyFilterSelectsAll":true,"isSystem":false}}""");

        (await _host.Api.InstanceAsync(run)).Text("subStatus").Should().Be("Cancelled");
    }

    [Fact]
    public async Task Delete_WhileTheCrmIsAsked_LeavesNothingAndTheLateAnswerChangesNothing()
    {
        var flow = await _host.PublishAsync("deleted", "", HeldCrm.Create());
        var id = await _host.AcceptedAsync(flow);
        await _crm.UntilUnderWayAsync(1);

        using var deleted = await _host.Api.DeleteAsync($"{InstancesClient.Root}/{id}");
        deleted.StatusCode.Should().Be(HttpStatusCode.NoContent);
        _crm.Release(1);
        await Eventually.UntilAsync(() => _crm.Answered == 1 && _crm.UnderWay == 0, "the late answer");
        // What comes after the answer went through the same store.
        await _host.PublishChartAsync("after", InstancesClient.WriteLine("line", "x"));
        await _host.Api.InstanceAsync(await _host.Api.DispatchAsync("after"), "Finished");

        (await _host.Api.InstancesAsync("""{"definitionId":"deleted"}""")).GetProperty("totalCount").GetInt32().Should().Be(0);
        using var again = await _host.Api.DeleteAsync($"{InstancesClient.Root}/{id}");
        again.StatusCode.Should().Be(HttpStatusCode.NotFound);
        _crm.Calls.Should().HaveCount(1);
    }

    [Fact]
    public async Task BulkDelete_Ids_CountsThoseThatThereWere()
    {
        await _host.PublishChartAsync("bulk", InstancesClient.WriteLine("line", "x"));
        var ids = new[] { await _host.Api.DispatchAsync("bulk"), await _host.Api.DispatchAsync("bulk"), await _host.Api.DispatchAsync("bulk") };

        var answer = await _host.Api.PostJsonAsync("/elsa/api/bulk-actions/delete/workflow-instances/by-id", $$"""{"ids":["{{ids[0]}}","{{ids[1]}}","{{ids[1]}}","nope"]}""");

        answer.GetProperty("deleted").GetInt32().Should().Be(2);
        (await _host.Api.InstancesAsync("""{"definitionId":"bulk"}""")).Ids().Should().Equal(ids[2]);
    }

    [Fact]
    public async Task Runtime_Asked_TellsWhatIsTrue()
    {
        var status = await _host.Api.GetFromJsonAsync<JsonElement>("/elsa/api/admin/workflow-runtime/status");
        status.GetProperty("state").GetProperty("isAcceptingNewWork").GetBoolean().Should().BeTrue();
        status.GetProperty("activeExecutionCycleCount").GetInt32().Should().Be(0);
        (await _host.Api.GetFromJsonAsync<JsonElement>("/elsa/api/bookmark-queue/dead-letters")).GetRawText().Should().Be("""{"items":[],"totalCount":0}""");
    }
}
