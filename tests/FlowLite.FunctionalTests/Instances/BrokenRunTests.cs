using System.Net;
using System.Text.Json.Nodes;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Instances;

/// <summary>Runs whose version can't run any more when they are to go on.</summary>
public sealed class BrokenRunTests : IAsyncLifetime
{
    private TriggerHost _host = null!;
    private string _id = "";

    public async Task InitializeAsync()
    {
        _host = await TriggerHost.StartAsync();
        await _host.PublishChartAsync("broken", InstancesClient.Wait("wait", "00:00:01"), InstancesClient.WriteLine("line", "x"));
        _id = await _host.Api.DispatchAsync("broken");
        await _host.Api.InstanceAsync(_id, "Suspended");
        await _host.StopAsync();
        // As if an activity had gone with an upgrade.
        await CatalogueFile.ReplaceAsync(_host.DataDirectory, "Elsa.WriteLine", "Elsa.Vanished");
        await _host.StartAgainAsync();
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task TimerOfABrokenRun_Fires_LeavesItToAPersonWithAnIncident()
    {
        var instance = await _host.Api.InstanceAsync(_id, "Interrupted");

        (instance.Text("status"), instance.GetProperty("incidentCount").GetInt32()).Should().Be(("Running", 1));
        var incident = instance.GetProperty("workflowState").GetProperty("incidents")[0];
        incident.GetProperty("exception").Text("type").Should().Be("VersionBroken");
        incident.Text("message").Should().Contain("Elsa.Vanished");
        (await _host.Services.GetRequiredService<IRunStore>().ListDueAsync(DateTimeOffset.MaxValue, 10)).Should().BeEmpty("nothing wakes it any more");
        (await _host.RunAsync("broken", _id)).Status().Should().Be("Quarantined");
        (await _host.Api.InstancesAsync("""{"definitionId":"broken","subStatus":"Interrupted"}""")).Ids().Should().Equal(_id);
    }

    [Fact]
    public async Task BrokenRun_Cancelled_Ends()
    {
        await _host.Api.InstanceAsync(_id, "Interrupted");

        await _host.Api.PostJsonAsync($"/elsa/api/cancel/workflow-instances/{_id}", "{}");

        (await _host.Api.InstanceAsync(_id)).Text("subStatus").Should().Be("Cancelled");
        using var again = await _host.Api.PostAsync($"/api/flows/broken/runs/{_id}/cancel", null);
        again.StatusCode.Should().Be(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task BrokenRun_ResubmittedOnAVersionThatWorks_Runs()
    {
        await _host.Api.InstanceAsync(_id, "Interrupted");
        await _host.PublishChartAsync("broken", InstancesClient.WriteLine("line", "x"));

        var resubmitted = await _host.Api.PostJsonAsync($"/api/flows/broken/runs/{_id}/resubmit", "{}", HttpStatusCode.Accepted);

        await _host.Api.InstanceAsync(resubmitted.Text("runId"), "Finished");
    }

    [Fact]
    public async Task BrokenRun_OnceItsVersionWorksAgain_GoesOnAtTheNextStart()
    {
        await _host.Api.InstanceAsync(_id, "Interrupted");
        await _host.StopAsync();
        await CatalogueFile.ReplaceAsync(_host.DataDirectory, "Elsa.Vanished", "Elsa.WriteLine");

        await _host.StartAgainAsync();

        var instance = await _host.Api.InstanceAsync(_id, "Finished");
        instance.GetProperty("incidentCount").GetInt32().Should().Be(0);
        instance.GetProperty("workflowState").GetProperty("incidents").GetArrayLength().Should().Be(0);
        var run = await _host.RunAsync("broken", _id);
        (run.Status(), run.Action("line").Status()).Should().Be(("Succeeded", "Succeeded"));
        (await _host.Api.GetStringAsync($"{InstancesClient.Root}/{_id}/journal")).Should().Contain("VersionBroken").And.Contain("its version can run here again");
    }

    [Fact]
    public async Task BrokenRun_ThatNobodyWaitsForAnyMore_IsCancelled()
    {
        await _host.PublishChartAsync("child", InstancesClient.Wait("wait", "00:00:01"), InstancesClient.WriteLine("line", "x"));
        await _host.PublishChartAsync("parent", new JsonObject { ["id"] = "run", ["type"] = "Elsa.ExecuteWorkflow", ["workflowDefinitionId"] = Input("Literal", "child") }.ToJsonString());
        var parent = await _host.Api.DispatchAsync("parent");
        await _host.Api.InstanceAsync(parent, "Suspended");
        var child = (await _host.Api.InstancesAsync("""{"definitionId":"child"}""")).Ids().Single();
        await _host.Api.InstanceAsync(child, "Suspended");
        await _host.StopAsync();
        await CatalogueFile.ReplaceAsync(_host.DataDirectory, "Elsa.WriteLine", "Elsa.Vanished");
        await _host.StartAgainAsync();
        await _host.Api.InstanceAsync(child, "Interrupted");

        await _host.Api.PostJsonAsync($"/elsa/api/cancel/workflow-instances/{parent}", "{}");

        await _host.Api.InstanceAsync(child, "Cancelled");
    }
}
