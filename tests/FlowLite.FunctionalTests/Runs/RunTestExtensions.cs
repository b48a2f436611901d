using System.Net;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Runs;

internal static class RunTestExtensions
{
    public static Task<HttpResponseMessage> PostAsync(this TriggerHost host, PublishedFlow flow, string body) =>
        host.Client.PostAsync(host.Url(flow), new StringContent(body, Encoding.UTF8, "application/json"));

    /// <returns>The accepted run's id.</returns>
    public static async Task<string> AcceptedAsync(this TriggerHost host, PublishedFlow flow, string body = "{}")
    {
        using var answer = await host.PostAsync(flow, body);
        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        return answer.Header("x-ms-workflow-run-id");
    }

    /// <summary>Many leads, their subjects the numbers from 1, sixteen at a time.</summary>
    public static async Task AcceptedAsync(this TriggerHost host, PublishedFlow flow, int leads)
    {
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var lead = Interlocked.Increment(ref next); lead <= leads; lead = Interlocked.Increment(ref next))
            {
                await host.AcceptedAsync(flow, $$"""{"subject":"{{lead}}"}""");
            }
        }));
    }

    public static async Task<int> CountAsync(this TriggerHost host, string flow, RunStatus status) =>
        (await host.Services.GetRequiredService<IRunStore>().ListRunsAsync(flow, status, null, 100_000)).Count;

    public static Task UntilAsync(this TriggerHost host, string flow, RunStatus status, int runs) =>
        Eventually.UntilAsync(async () => await host.CountAsync(flow, status) == runs, $"{runs} runs {status}");

    public static JsonElement Action(this JsonElement run, string name) =>
        run.GetProperty("actions").EnumerateArray().Single(a => a.GetProperty("name").GetString() == name);

    public static string? Status(this JsonElement runOrAction) => runOrAction.GetProperty("status").GetString();
}
