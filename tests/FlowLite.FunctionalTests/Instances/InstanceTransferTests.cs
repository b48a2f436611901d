using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Instances;

public sealed class InstanceTransferTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task Export_OneRun_IsAFileWithElsasMembers()
    {
        await host.PublishChartAsync("one", InstancesClient.WriteLine("line", "x"));
        var id = await RunAsync("one", "Finished");

        using var answer = await host.Api.GetAsync($"{InstancesClient.Root}/{id}/export?includeActivityExecutionLog=true");

        answer.Content.Headers.ContentDisposition!.FileName.Should().Be($"workflow-instance-{id}.json");
        var file = await answer.Content.ReadFromJsonAsync<JsonElement>();
        file.Members().Should().Equal("WorkflowState", "Bookmarks", "ActivityExecutionRecords", "WorkflowExecutionLogRecords", "Journal");
        file.GetProperty("WorkflowState").Text("id").Should().Be(id);
        file.GetProperty("ActivityExecutionRecords").GetArrayLength().Should().Be(3);
        using var missing = await host.Api.GetAsync($"{InstancesClient.Root}/nope/export");
        missing.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Import_ZipOnAnotherServer_KeepsHistoryAndLeavesWhatCanNotGoOnToAPerson()
    {
        await host.PublishChartAsync("moved", InstancesClient.WriteLine("line", "x"));
        await host.PublishChartAsync("moving", InstancesClient.Wait("wait", "01:00:00"));
        var (done, waits) = (await RunAsync("moved", "Finished"), await RunAsync("moving", "Suspended"));
        var zip = await ExportAsync(done, waits);
        using (var archive = new ZipArchive(new MemoryStream(zip)))
        {
            archive.Entries.Select(e => e.Name).Should().Equal($"workflow-instance-{done}.json", $"workflow-instance-{waits}.json");
        }

        await using var other = await TriggerHost.StartAsync();
        (await ImportAsync(other, zip)).Should().Be(2);

        var history = await other.Api.InstanceAsync(done);
        var original = await host.Api.InstanceAsync(done);
        (history.Text("subStatus"), history.Text("finishedAt")).Should().Be(("Finished", original.Text("finishedAt")));
        var journal = await other.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{done}/journal");
        journal.Each("eventName").Should().Contain("Completed");
        var stopped = await other.Api.InstanceAsync(waits);
        (stopped.Text("status"), stopped.Text("subStatus"), stopped.GetProperty("incidentCount").GetInt32()).Should().Be(("Running", "Interrupted", 1));
        await other.Api.PostJsonAsync($"/elsa/api/cancel/workflow-instances/{waits}", "{}");
        (await other.Api.InstanceAsync(waits)).Text("subStatus").Should().Be("Cancelled");
        (await ImportAsync(other, zip)).Should().Be(0, "what is here is left as it is");
    }

    [Fact]
    public async Task Import_RunUnderWayWhoseVersionIsHere_GoesOn()
    {
        await host.PublishChartAsync("again", InstancesClient.Wait("wait", "00:00:02"), InstancesClient.WriteLine("line", "x"));
        var id = await RunAsync("again", "Suspended");
        using var answer = await host.Api.GetAsync($"{InstancesClient.Root}/{id}/export");
        var file = await answer.Content.ReadAsByteArrayAsync();
        using var deleted = await host.Api.DeleteAsync($"{InstancesClient.Root}/{id}");

        (await ImportAsync(host, file)).Should().Be(1);

        await host.Api.InstanceAsync(id, "Finished");
    }

    [Fact]
    public async Task Import_RunThatWaitsForOneThatIsNotHere_Fails()
    {
        await host.PublishChartAsync("left-behind", InstancesClient.Wait("wait", "01:00:00"));
        await host.PublishChartAsync("calls", """{"id":"call","type":"Elsa.ExecuteWorkflow","version":1,"name":"call","workflowDefinitionId":{"typeName":"String","expression":{"type":"Literal","value":"left-behind"}}}""");
        var id = await RunAsync("calls", "Suspended");
        using var answer = await host.Api.GetAsync($"{InstancesClient.Root}/{id}/export");
        var file = await answer.Content.ReadAsByteArrayAsync();
        using var deleted = await host.Api.DeleteAsync($"{InstancesClient.Root}/{id}");
        foreach (var child in (await host.Api.InstancesAsync("""{"definitionId":"left-behind"}""")).Ids())
        {
            using var gone = await host.Api.DeleteAsync($"{InstancesClient.Root}/{child}");
        }

        (await ImportAsync(host, file)).Should().Be(1);

        await host.Api.InstanceAsync(id, "Faulted");
    }

    [Fact]
    public async Task Import_RunWhoseActivityHasATimeout_IsTimedOut()
    {
        await host.PublishChartAsync("timed", """{"id":"wait","type":"Elsa.Delay","version":1,"name":"wait","timeSpan":{"expression":{"type":"Literal","value":"01:00:00"}},"customProperties":{"timeout":"PT3S"}}""");
        var id = await RunAsync("timed", "Suspended");
        using var answer = await host.Api.GetAsync($"{InstancesClient.Root}/{id}/export");
        var file = await answer.Content.ReadAsByteArrayAsync();
        using var deleted = await host.Api.DeleteAsync($"{InstancesClient.Root}/{id}");

        (await ImportAsync(host, file)).Should().Be(1);

        await host.Api.InstanceAsync(id, "Faulted");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("no json")]
    [InlineData("PK but no zip")]
    [InlineData("""{"Journal":{"Format":1,"RunId":"019a0000-0000-7000-8000-00000000000a","Status":"Succeeded","Events":[]}}""")]
    [InlineData("""{"Journal":{"Format":1,"RunId":"019a0000-0000-7000-8000-00000000000a","Status":"Odd","Events":[]}}""")]
    [InlineData("""{"Journal":{"Format":1,"RunId":"019a0000-0000-7000-8000-00000000000a","Status":"Succeeded","Events":[{"event":"Odd"}]}}""")]
    [InlineData("""{"Journal":{"Format":1,"RunId":"x"}}""")]
    public async Task Import_WhatIsNoRun_Is400(string file)
    {
        using var answer = await PostAsync(host, System.Text.Encoding.UTF8.GetBytes(file));
        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Import_ADamagedEntry_Is400()
    {
        var zip = DamagedZip.Of("run.json", "{}", "{ ");

        using var answer = await PostAsync(host, zip);

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("run.json is damaged");
    }

    private async Task<string> RunAsync(string flow, string subStatus)
    {
        var id = await host.Api.DispatchAsync(flow);
        await host.Api.InstanceAsync(id, subStatus);
        return id;
    }

    private async Task<byte[]> ExportAsync(params string[] ids)
    {
        using var answer = await host.Api.PostTextAsync("/elsa/api/bulk-actions/export/workflow-instances", JsonSerializer.Serialize(new { ids }));
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/zip");
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task<int> ImportAsync(TriggerHost host, byte[] file)
    {
        using var answer = await PostAsync(host, file);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("count").GetInt32();
    }

    private static async Task<HttpResponseMessage> PostAsync(TriggerHost host, byte[] file)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file), "files", "runs" } };
        return await host.Api.PostAsync("/elsa/api/bulk-actions/import/workflow-instances", form);
    }
}
