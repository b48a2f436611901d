using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Instances;

public sealed class InstanceListTests : IClassFixture<TriggerHost>, IAsyncLifetime
{
    private readonly TriggerHost _host;
    private readonly string _flow = $"list-{Interlocked.Increment(ref _flows)}";
    private string[] _ids = [];
    private static int _flows;

    public InstanceListTests(TriggerHost host) => _host = host;

    public async Task InitializeAsync()
    {
        await _host.PublishChartAsync(_flow, InstancesClient.WriteLine("first", "1"));
        var done = await _host.Api.DispatchAsync(_flow, """{"correlationId":"done-1"}""");
        await _host.Api.InstanceAsync(done, "Finished");
        await _host.PublishChartAsync(_flow, InstancesClient.Wait("wait", "01:00:00"));
        var waits = await _host.Api.DispatchAsync(_flow, """{"correlationId":"waits-2"}""");
        await _host.Api.InstanceAsync(waits, "Suspended");
        await _host.PublishChartAsync(_flow, """{"id":"bad","type":"Elsa.Fault","version":1,"name":"Bad","message":"No"}""");
        var faulted = await _host.Api.DispatchAsync(_flow);
        await _host.Api.InstanceAsync(faulted, "Faulted");
        _ids = [done, waits, faulted];
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("", "faulted,waits,done")]
    [InlineData("\"orderDirection\":\"Ascending\"", "done,waits,faulted")]
    [InlineData("\"orderBy\":\"Created\",\"orderDirection\":\"Descending\"", "faulted,waits,done")]
    [InlineData("\"orderBy\":\"LastExecuted\",\"orderDirection\":\"Ascending\"", "done,waits,faulted")]
    [InlineData("\"orderBy\":\"Finished\",\"orderDirection\":\"Ascending\"", "waits,done,faulted")]
    [InlineData("\"statuses\":[\"Finished\"]", "faulted,done")]
    [InlineData("\"status\":\"Running\"", "waits")]
    [InlineData("\"subStatuses\":[\"Suspended\",\"Faulted\"]", "faulted,waits")]
    [InlineData("\"status\":\"Finished\",\"subStatus\":\"Suspended\"", "")]
    [InlineData("\"hasIncidents\":true", "faulted")]
    [InlineData("\"hasIncidents\":false", "waits,done")]
    [InlineData("\"version\":2", "waits")]
    [InlineData("\"correlationId\":\"done-1\"", "done")]
    [InlineData("\"searchTerm\":\"waits\"", "waits")]
    [InlineData("\"isSystem\":true", "")]
    [InlineData("\"timestampFilters\":[{\"column\":\"FinishedAt\",\"operator\":\"GreaterThan\",\"timestamp\":\"2020-01-01T00:00:00Z\"}]", "faulted,done")]
    [InlineData("\"timestampFilters\":[{\"column\":\"CreatedAt\",\"operator\":\"LessThan\",\"timestamp\":\"2020-01-01T00:00:00Z\"}]", "")]
    public async Task Post_AFilter_GivesTheRunsThatFit(string filter, string expected)
    {
        var page = await _host.Api.InstancesAsync($$"""{"page":0,"pageSize":10,"definitionIds":["{{_flow}}"]{{(filter.Length > 0 ? "," + filter : "")}}}""");

        string.Join(',', page.Ids().Select(id => new[] { "done", "waits", "faulted" }[Array.IndexOf(_ids, id)])).Should().Be(expected);
        page.GetProperty("totalCount").GetInt32().Should().Be(expected.Length == 0 ? 0 : expected.Split(',').Length);
    }

    [Fact]
    public async Task Post_Pages_TellTheTotalAndTheSummary()
    {
        var second = await _host.Api.InstancesAsync($$"""{"page":1,"pageSize":2,"definitionId":"{{_flow}}"}""");
        second.Ids().Should().Equal(_ids[0]);
        second.GetProperty("totalCount").GetInt32().Should().Be(3);
        second.GetProperty("items")[0].Members().Should().BeEquivalentTo(
            "id", "definitionId", "definitionVersionId", "version", "status", "subStatus", "correlationId", "incidentCount", "createdAt", "updatedAt", "finishedAt");

        var get = await _host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}?page=0&pageSize=2&definitionIds={_flow}&orderDirection=Ascending");
        get.Ids().Should().Equal(_ids[0], _ids[1]);
        get.Each("version").Should().Equal("1", "2");
    }

    [Fact]
    public async Task Post_SearchForAFlowsName_FindsItsRuns()
    {
        var page = await _host.Api.InstancesAsync($$"""{"searchTerm":"the {{_flow}}"}""");
        page.Ids().Should().Equal(_ids.Reverse());

        (await _host.Api.InstancesAsync($$"""{"searchTerm":"{{_ids[1]}}"}""")).Ids().Should().Equal(_ids[1]);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"definitionIds":["FLOW","other"]}""", true)]
    [InlineData("""{"definitionIds":["other"]}""", false)]
    public async Task Post_OnThePageOfOneFlow_GivesOnlyItsRuns(string body, bool isFound)
    {
        await _host.PublishChartAsync($"{_flow} ü", InstancesClient.WriteLine("first", "1"));
        var other = await _host.Api.DispatchAsync(Uri.EscapeDataString($"{_flow} ü"));

        (await ListAsync(_flow, body.Replace("FLOW", _flow, StringComparison.Ordinal))).Should().Equal(isFound ? _ids.Reverse() : []);
        (await ListAsync($"{_flow} ü", "{}")).Should().Equal(other);
    }

    private async Task<string[]> ListAsync(string flow, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, InstancesClient.Root) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add("FlowLite-Flow", Uri.EscapeDataString(flow));
        using var answer = await _host.Api.SendAsync(request);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).Ids();
    }

    [Theory]
    [InlineData("""{"status":"Odd"}""")]
    [InlineData("""{"page":"x"}""")]
    [InlineData("""{"orderBy":"Odd"}""")]
    [InlineData("""{"timestampFilters":[{"column":"Odd","operator":"Is","timestamp":"2020-01-01"}]}""")]
    [InlineData("""{"timestampFilters":[{"column":"CreatedAt","operator":"Is","timestamp":"soon"}]}""")]
    [InlineData("""{"timestampFilters":{}}""")]
    [InlineData("{")]
    public async Task Post_WhatCanNotBeRead_Is400(string body) =>
        (await _host.Api.PostJsonAsync(InstancesClient.Root, body, HttpStatusCode.BadRequest)).GetProperty("errors").EnumerateObject().Should().NotBeEmpty();

    [Theory]
    [InlineData("GET", "/workflow-instances")]
    [InlineData("POST", "/workflow-instances")]
    [InlineData("GET", "/workflow-instances/x")]
    [InlineData("DELETE", "/workflow-instances/x")]
    [InlineData("POST", "/workflow-definitions/x/execute")]
    [InlineData("POST", "/bulk-actions/import/workflow-instances")]
    [InlineData("GET", "/activity-executions/list")]
    public async Task Anything_WithoutSignIn_Is401(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/elsa/api" + path);
        using var answer = await _host.Client.SendAsync(request);
        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }
}
