using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Instances;

/// <summary>Views of a run with many rounds, page by page.</summary>
public sealed class LongRunTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const int Rounds = 1200;
    private const string Executions = "/elsa/api/activity-executions";

    [Fact]
    public async Task Pages_OfALongRun_GiveEachRecordOnce()
    {
        var id = await LoopAsync("pages");

        var journal = await PagesAsync($"{InstancesClient.Root}/{id}/journal?", 1000, "totalCount");
        journal.Should().OnlyHaveUniqueItems().And.HaveCountGreaterThan(2 * Rounds);
        var filtered = await host.Api.PostJsonAsync($"{InstancesClient.Root}/{id}/journal?skip=1195&take=110", """{"filter":{"activityIds":["write"],"eventNames":["completed"]}}""");
        filtered.GetProperty("totalCount").GetInt32().Should().Be(Rounds);
        filtered.Each("eventName").Should().Equal(Enumerable.Repeat("Completed", 5));

        var executions = await PagesAsync($"{Executions}/list?workflowInstanceId={id}&", 500, "count");
        // The workflow, the flowchart, the loop and its rounds.
        executions.Should().OnlyHaveUniqueItems().And.HaveCount(Rounds + 3);
        (await PagesAsync($"{Executions}/list?workflowInstanceId={id}&activityNodeId=Workflow1:flow:loop:write&completed=true&", 500, "count")).Should().HaveCount(Rounds);
        (await host.Api.GetFromJsonAsync<JsonElement>($"{Executions}/count?workflowInstanceId={id}")).GetProperty("count").GetInt32().Should().Be(Rounds + 3);
    }

    /// <summary>It may be larger than the memory, so it is sent before its end is known; and all of it arrives.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Export_OfALongRun_IsSentAsItIsReadAndTakenInElsewhere(bool zipped)
    {
        var id = await LoopAsync("exported");
        string[] ids = zipped ? [id, await LoopAsync("exported")] : [id];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/elsa/api/bulk-actions/export/workflow-instances") { Content = JsonContent.Create(new { ids }) };
        using var answer = await host.Api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.Content.Headers.ContentLength.Should().BeNull();
        var file = await answer.Content.ReadAsByteArrayAsync();

        if (!zipped)
        {
            var json = JsonElement.Parse(file);
            Ids(json, "ActivityExecutionRecords").Should().OnlyHaveUniqueItems().And.HaveCount(Rounds + 3);
            (await PagesAsync($"{InstancesClient.Root}/{id}/journal?", 1000, "totalCount")).Should().Equal(Ids(json, "WorkflowExecutionLogRecords"));
        }

        await using var other = await TriggerHost.StartAsync();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(file), "files", "runs" } };
        (await (await other.Api.PostAsync("/elsa/api/bulk-actions/import/workflow-instances", form)).Content.ReadAsStringAsync()).Should().Be($$"""{"count":{{ids.Length}}}""");
        (await other.Api.GetFromJsonAsync<JsonElement>($"{Executions}/count?workflowInstanceId={id}")).GetProperty("count").GetInt32().Should().BeGreaterThan(Rounds);
    }

    [Fact]
    public async Task CallStack_OfALongChain_IsItsEnd()
    {
        await host.PublishRootAsync("chain", """
            {"id":"flow","type":"Elsa.Flowchart","version":1,
             "activities":[{"id":"write","type":"Elsa.WriteLine","version":1,"name":"write","text":{"typeName":"String","expression":{"type":"Literal","value":"x"} } },
               {"id":"more","type":"Elsa.FlowDecision","version":1,"condition":{"typeName":"Boolean","expression":{"type":"JavaScript","value":"setVariable('Total', getVariable('Total') + 1), getVariable('Total') < 600"} } }],
             "connections":[{"source":{"activity":"write"},"target":{"activity":"more"}},{"source":{"activity":"more","port":"True"},"target":{"activity":"write"}}]}
            """);
        var id = await host.Api.DispatchAsync("chain");
        await host.Api.InstanceAsync(id, "Finished");
        var page = await host.Api.GetFromJsonAsync<JsonElement>($"{Executions}/list?workflowInstanceId={id}&activityNodeId=Workflow1:flow:more");
        var last = page.GetProperty("items").EnumerateArray().Last();

        var stack = await host.Api.GetFromJsonAsync<JsonElement>($"{Executions}/{last.Text("id")}/call-stack");

        stack.GetProperty("totalCount").GetInt32().Should().Be(last.GetProperty("callStackDepth").GetInt32() + 1).And.BeGreaterThan(1100);
        stack.Each("id").Should().HaveCount(1001).And.EndWith(last.Text("id"));
        stack.Each("activityId")[0].Should().Be("Workflow1");
    }

    private static IEnumerable<string> Ids(JsonElement file, string records) => file.GetProperty(records).EnumerateArray().Select(record => record.Text("id"));

    private async Task<string> LoopAsync(string definitionId)
    {
        await host.PublishRootAsync(definitionId, $$$"""
            {"id":"flow","type":"Elsa.Flowchart","version":1,"activities":[{"id":"loop","type":"Elsa.For","version":1,"name":"loop",
              "start":{"typeName":"Int32","expression":{"type":"Literal","value":1}},"end":{"typeName":"Int32","expression":{"type":"Literal","value":{{{Rounds}}} } },
              "body":{"id":"write","type":"Elsa.WriteLine","version":1,"name":"write","text":{"typeName":"String","expression":{"type":"Literal","value":"x"} } } }],"connections":[]}
            """);
        var id = await host.Api.DispatchAsync(definitionId);
        await host.Api.InstanceAsync(id, "Finished");
        return id;
    }

    private async Task<List<string>> PagesAsync(string address, int take, string total)
    {
        var ids = new List<string>();
        while (true)
        {
            var page = await host.Api.GetFromJsonAsync<JsonElement>($"{address}skip={ids.Count}&take={take}");
            if (page.Each("id") is not { Length: > 0 } more)
            {
                page.GetProperty(total).GetInt32().Should().Be(ids.Count);
                return ids;
            }

            more.Length.Should().BeLessThanOrEqualTo(take);
            ids.AddRange(more);
        }
    }
}
