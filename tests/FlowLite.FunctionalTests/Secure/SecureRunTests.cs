using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.FunctionalTests.Instances;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Secure;

/// <summary>A value that is secure goes through a whole run, and is found nowhere.</summary>
public sealed class SecureRunTests
{
    internal const string Canary = "canary-5f0c1b0e";
    internal const string Redacted = """{"$secure":"redacted"}""";

    private static readonly string[] LogsEverything = ["Logging:LogLevel:Default=Trace", "Logging:LogLevel:FlowLite=Trace"];

    [Fact]
    public async Task Trigger_WithSecureOutputs_IsReadByTheFlowAndByNobodyElse()
    {
        using var log = new LogLines();
        await using var crm = await HeldCrm.StartAsync();
        await using var host = await TriggerHost.StartAsync(services => services.AddSingleton<ILoggerProvider>(log), [.. crm.Arguments, .. LogsEverything]);
        var flow = await host.PublishAsync("secure", "\"secureOutputs\":\"True\"",
            Scriban("compose", "FlowLite.Compose", "inputs", "{{ trigger.body }}"),
            Scriban("plain", "FlowLite.Compose", "inputs", "not a secret"),
            Script("script", "variables.Secret = actions.compose.outputs.Result.subject; return getVariable('Secret') + '!'"),
            """{"id":"each","name":"each","type":"Elsa.ForEach","items":{"expression":{"type":"Scriban","value":"{{ trigger.body.list }}"}},"body":{"id":"line","name":"line","type":"Elsa.WriteLine","text":{"expression":{"type":"Scriban","value":"{{ item }}"}}}}""",
            """{"id":"name","name":"name","type":"Elsa.SetName","value":{"expression":{"type":"JavaScript","value":"getLastResult()"}}}""",
            """{"id":"out","name":"out","type":"Elsa.SetOutput","outputName":"told","outputValue":{"expression":{"type":"Liquid","value":"{{ actions.script.outputs.Result }}"}}}""",
            HeldCrm.Create());

        var run = await host.AcceptedAsync(flow, $$"""{"subject":"{{Canary}}","list":["{{Canary}}","b"]}""");
        await crm.UntilUnderWayAsync(1);
        await NothingIsToldAsync(host, "secure", run);
        await host.StopAsync();
        NothingIsKept(host);
        await host.StartAgainAsync();
        crm.Open();
        var ended = await host.EndedRunAsync("secure", run);

        ended.Status().Should().Be("Succeeded");
        crm.Calls.Should().Contain(call => call.Body.Contains(Canary)).And.OnlyContain(call => call.Body.Contains(Canary), "the CRM is whom it is meant for");
        ended.Action("plain").GetProperty("outputs").GetRawText().Should().Be("""{"Result":"not a secret"}""");
        ended.Action("compose").GetProperty("inputs").GetRawText().Should().Be($$"""{"Inputs":{{Redacted}}}""");
        ended.Action("compose").GetProperty("outputs").GetRawText().Should().Be($$"""{"Result":{{Redacted}}}""");
        ended.Action("Create").GetProperty("inputs").GetProperty("Fields").GetRawText().Should().Be(Redacted);
        ended.Action("Create").GetProperty("outputs").GetProperty("RecordId").ValueKind.Should().Be(JsonValueKind.String, "what the CRM gives is no secret");
        ended.GetProperty("actions").EnumerateArray().Count(a => a.Text("name") == "line").Should().Be(2);

        var again = await ResubmitAsync(host, "secure", run);
        (await host.EndedRunAsync("secure", again)).Status().Should().Be("Succeeded");
        crm.Calls.Select(call => call.Body).Distinct().Should().ContainSingle("the same lead under the same key");
        await NothingIsToldAsync(host, "secure", again);
        await host.StopAsync();
        NothingIsKept(host);
        log.All.Should().NotContain(line => line.Contains(Canary));
        await host.StartAgainAsync();
    }

    [Fact]
    public async Task Failures_OfSecureValues_TellOnlyTheirCode()
    {
        using var log = new LogLines();
        await using var host = await TriggerHost.StartAsync(services => services.AddSingleton<ILoggerProvider>(log), LogsEverything);
        string[] failing =
        [
            """{"id":"a","name":"a","type":"Elsa.Fault","code":"Mine","message":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""",
            """{"id":"a","name":"a","type":"FlowLite.ParseJson","content":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""",
            """{"id":"a","name":"a","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""",
            """{"id":"a","name":"a","type":"FlowLite.Terminate","message":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""",
            """{"id":"a","name":"a","type":"Elsa.Correlate","correlationId":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""",
            """{"id":"a","name":"a","type":"Elsa.Fault","code":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""",
            """{"id":"a","name":"a","type":"FlowLite.Terminate","code":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""",
            """{"id":"a","name":"a","type":"Elsa.WriteLine","text":{"expression":{"type":"JavaScript","value":"setCorrelationId(trigger.body.subject)"}}}""",
            """
            {"id":"a","name":"a","type":"Elsa.Sequence","activities":[
              {"id":"n","type":"Elsa.WriteLine","text":{"expression":{"type":"JavaScript","value":"setWorkflowInstanceName(trigger.body.subject)"}}},{"id":"f","type":"Elsa.Fault"}]}
            """,
            Script("a", "throw new Error(trigger.body.subject)"),
            """{"id":"a","name":"a","type":"Elsa.WriteLine","text":{"expression":{"type":"JavaScript","value":"null[trigger.body.subject]"}}}""",
        ];
        for (var i = 0; i < failing.Length; i++)
        {
            var flow = await host.PublishAsync($"fails{i}", "\"secureOutputs\":true", failing[i]);
            var run = await host.AcceptedAsync(flow, $$"""{"subject":"{{Canary}}"}""");
            var ended = await host.EndedRunAsync($"fails{i}", run);
            ended.Status().Should().Be("Failed", failing[i]);
            await NothingIsToldAsync(host, $"fails{i}", run);
        }

        (await host.Api.GetFromJsonAsync<JsonElement>("/api/flows/fails0/runs")).GetProperty("value")[0].GetRawText().Should().Contain("Mine");
        await host.StopAsync();
        NothingIsKept(host);
        log.All.Should().NotContain(line => line.Contains(Canary));
        await host.StartAgainAsync();
    }

    [Fact]
    public async Task Response_OfSecureValues_ReachesTheCaller()
    {
        await using var host = await TriggerHost.StartAsync();
        var flow = await host.PublishAsync("answers", "\"secureOutputs\":true",
            """{"id":"r","name":"r","type":"FlowLite.Response","body":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""");

        using var answer = await host.PostAsync(flow, $$"""{"subject":"{{Canary}}"}""");

        (await answer.Content.ReadAsStringAsync()).Should().Be(Canary);
        await NothingIsToldAsync(host, "answers", answer.Header("x-ms-workflow-run-id"));
        await host.StopAsync();
        NothingIsKept(host);
        await host.StartAgainAsync();
    }

    [Fact]
    public async Task SecureInputsAndVariables_OfAnActivityAndAFlow_AreHidden()
    {
        await using var host = await TriggerHost.StartAsync();
        var definition = JsonSerializer.SerializeToElement(new
        {
            definitionId = "marked",
            variables = new[] { new { id = "v", name = "Token" }, new { id = "w", name = "Word" } },
            customProperties = new { secureInputs = true, secureVariables = new[] { "Token" } },
            root = new
            {
                id = "root",
                type = "Elsa.Sequence",
                activities = new object[]
                {
                    new { id = "a", name = "a", type = "Elsa.SetVariable", variable = new { id = "v", name = "Token" }, value = new { expression = new { type = "Literal", value = "set" } } },
                    new { id = "b", name = "b", type = "FlowLite.Compose", inputs = new { expression = new { type = "Scriban", value = "{{ variables.Token }} {{ inputs.given }}" } } },
                    new { id = "c", name = "c", type = "FlowLite.Compose", customProperties = new { secureInputs = true }, inputs = new { expression = new { type = "Literal", value = "shown" } } },
                    new { id = "d", name = "d", type = "FlowLite.Compose", inputs = new { expression = new { type = "Scriban", value = "{{ variables.Word }}open" } } },
                },
            },
        });
        await host.Services.GetRequiredService<Engine.Definitions.DefinitionService>().SaveAsync(definition, publish: true);

        var id = await host.Api.DispatchAsync("marked", $$"""{"input":{"given":"{{Canary}}"} }""");
        var run = await host.EndedRunAsync("marked", id);

        run.Status().Should().Be("Succeeded");
        foreach (var hidden in (string[])["b", "c"])
        {
            run.Action(hidden).GetProperty("inputs").GetRawText().Should().Be($$"""{"Inputs":{{Redacted}}}""");
            run.Action(hidden).GetProperty("outputs").GetRawText().Should().Be($$"""{"Result":{{Redacted}}}""");
        }

        run.Action("d").GetProperty("outputs").GetRawText().Should().Be("""{"Result":"open"}""");
        var variables = (await host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{id}")).GetRawText();
        variables.Should().NotContain("\"set\"");
        await NothingIsToldAsync(host, "marked", id);
        await host.StopAsync();
        NothingIsKept(host);
        await host.StartAgainAsync();
    }

    [Fact]
    public async Task Inbox_OfASecureTrigger_IsEncryptedAndToldToThePersonWhoHasToAct()
    {
        await using var host = await TriggerHost.StartAsync();
        var flow = await host.PublishAsync("refuses", """
            "secureOutputs":true,"schema":{"properties":{"subject":{"maxLength":3}}}
            """);

        using var answer = await host.PostAsync(flow, $$"""{"subject":"{{Canary}}"}""");

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        var list = (await host.Api.GetFromJsonAsync<JsonElement>("/api/inbox?flow=refuses")).GetProperty("value");
        var entry = await host.Api.GetFromJsonAsync<JsonElement>($"/api/inbox/{list[0].Text("id")}");
        entry.Text("body").Should().Be($$"""{"subject":"{{Canary}}"}""");
        entry.Text("path").Should().StartWith("/?api-version=");
        entry.GetProperty("reason").Text("message").Should().Contain(Canary, "the schema's messages tell of values");
        await host.StopAsync();
        NothingIsKept(host);
        await host.StartAgainAsync();
    }

    [Fact]
    public async Task Inbox_OfASecureTriggerKeptWithAPlainReason_IsReadAsItWas()
    {
        await using var host = await TriggerHost.StartAsync();
        await host.PublishAsync("before", "\"secureOutputs\":true");
        var id = Guid.CreateVersion7();
        await host.Services.GetRequiredService<IRunStore>().AddToInboxAsync(new InboxEntry
        {
            Id = id,
            ReceivedAt = DateTimeOffset.UnixEpoch,
            DefinitionId = "before",
            TriggerName = "manual",
            ReasonCode = "InvalidRequestContent",
            ReasonMessage = "It was not what the schema wants.",
            Method = "POST",
            PathAndQuery = "/",
            Headers = host.Services.GetRequiredService<SecureValues>().Keep(JsonElement.Parse("""{"path":"/a","headers":{"X-A":"b"},"body":"e30="}"""), isSecure: true),
            BodySize = 0,
            Body = default,
        });

        var entry = await host.Api.GetFromJsonAsync<JsonElement>($"/api/inbox/{id}");

        (entry.GetProperty("reason").Text("message"), entry.Text("path"), entry.Text("body")).Should().Be(("It was not what the schema wants.", "/a", "{}"));
    }

    [Fact]
    public async Task Import_OfARunUnderWayWithoutItsSecureValues_IsLeftToAPersonWithTheReason()
    {
        await using var host = await TriggerHost.StartAsync();
        var flow = await host.PublishAsync("moves", "\"secureOutputs\":true", InstancesClient.Wait("wait", "01:00:00"), InstancesClient.WriteLine("line", "{{ trigger.body.subject }}"));
        var run = await host.AcceptedAsync(flow, $$"""{"subject":"{{Canary}}"}""");
        await host.Api.InstanceAsync(run, "Suspended");
        var file = await host.Api.GetByteArrayAsync($"{InstancesClient.Root}/{run}/export?includeActivityExecutionLog=true&includeWorkflowExecutionLog=true");
        Encoding.UTF8.GetString(file).Should().NotContain(Canary);
        await host.Api.DeleteAsync($"{InstancesClient.Root}/{run}");

        using var content = new MultipartFormDataContent { { new ByteArrayContent(file), "files", "run.json" } };
        using var answer = await host.Api.PostAsync("/elsa/api/bulk-actions/import/workflow-instances", content);

        answer.StatusCode.Should().Be(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        var imported = await host.RunAsync("moves", run);
        imported.Status().Should().Be("Quarantined");
        imported.GetRawText().Should().Contain("exported without its secure values");
    }

    /// <summary>Every way out: the history, the instance with its journal and executions, its export, lists.</summary>
    internal static async Task NothingIsToldAsync(TriggerHost host, string flow, string run)
    {
        string[] paths =
        [
            $"/api/flows/{flow}/runs", $"/api/flows/{flow}/runs/{run}", $"{InstancesClient.Root}?workflowDefinitionId={flow}", $"{InstancesClient.Root}/{run}", $"{InstancesClient.Root}/{run}/journal",
            $"{InstancesClient.Root}/{run}/export?includeActivityExecutionLog=true&includeWorkflowExecutionLog=true&includeBookmarks=true",
            $"/elsa/api/activity-executions/list?workflowInstanceId={run}", $"/elsa/api/activity-execution-summaries/list?workflowInstanceId={run}",
            $"{InstancesClient.Root}/{run}/execution-state", $"/workflows/instances/{run}/view",
        ];
        var told = 0;
        foreach (var path in paths)
        {
            using var answer = await host.Api.GetAsync(path);
            var text = await answer.Content.ReadAsStringAsync();
            told += answer.IsSuccessStatusCode && text.Contains(run) ? 1 : 0;
            text.Contains(Canary, StringComparison.Ordinal).Should().BeFalse(path);
        }

        told.Should().BeGreaterThan(5);
    }

    internal static void NothingIsKept(TriggerHost host)
    {
        foreach (var file in Directory.GetFiles(host.DataDirectory, "*", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(file);
            bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Canary)).Should().Be(-1, file);
            bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary))[..^4])).Should().Be(-1, file);
        }
    }

    private static async Task<string> ResubmitAsync(TriggerHost host, string flow, string run)
    {
        using var answer = await host.Api.PostTextAsync($"/api/flows/{flow}/runs/{run}/resubmit", "{}");
        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("runId");
    }

    private static string Scriban(string id, string type, string input, string value) =>
        $$"""{"id":"{{id}}","name":"{{id}}","type":"{{type}}","{{input}}":{"expression":{"type":"Scriban","value":"{{value}}"} } }""";

    private static string Script(string id, string code) =>
        $$"""{"id":"{{id}}","name":"{{id}}","type":"Elsa.RunJavaScript","script":{"expression":{"type":"JavaScript","value":"{{code}}"} } }""";
}
