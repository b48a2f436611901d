using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Instances;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Secure;

/// <summary>A secure variable is hidden however it was set, and hides nothing that has not to do with it.</summary>
public sealed class SecureVariablesTests
{
    private const string Redacted = SecureRunTests.Redacted;

    [Fact]
    public async Task SecureVariable_OfAFlow_DoesNotHideWhatScriptsMakeOfOthers()
    {
        await using var host = await TriggerHost.StartAsync();

        var (_, run) = await RunAsync(host, """
            {"id":"c","name":"c","type":"Elsa.Correlate","correlationId":{"expression":{"type":"JavaScript","value":"getVariable('Word')"}}},
            {"id":"get","name":"get","type":"FlowLite.Compose","inputs":{"expression":{"type":"JavaScript","value":"return getVariable('Word')"}}},
            {"id":"set","name":"set","type":"FlowLite.Compose","inputs":{"expression":{"type":"JavaScript","value":"variables.Word += '!'; return variables.Word"}}},
            {"id":"js","name":"js","type":"Elsa.RunJavaScript","script":{"expression":{"type":"JavaScript","value":"setVariable('Word', 'other'); return getWord()"}}},
            {"id":"token","name":"token","type":"FlowLite.Compose","inputs":{"expression":{"type":"JavaScript","value":"return getToken()"}}},
            {"id":"all","name":"all","type":"FlowLite.Compose","inputs":{"expression":{"type":"JavaScript","value":"return JSON.stringify(variables)"}}}
            """);

        run.Status().Should().Be("Succeeded", run.GetRawText());
        run.Action("get").GetProperty("outputs").GetRawText().Should().Be("""{"Result":"word"}""");
        run.Action("set").GetProperty("outputs").GetRawText().Should().Be("""{"Result":"word!"}""");
        run.Action("js").GetProperty("outputs").GetRawText().Should().Be("""{"Result":"other"}""");
        run.Action("token").GetProperty("outputs").GetRawText().Should().Be($$"""{"Result":{{Redacted}}}""");
        run.Action("all").GetProperty("outputs").GetRawText().Should().Be($$"""{"Result":{{Redacted}}}""");
    }

    [Fact]
    public async Task SecureVariable_ThatAnOutputOfAContainerIsBoundTo_IsHidden()
    {
        await using var host = await TriggerHost.StartAsync();

        var (id, run) = await RunAsync(host, """
            {"id":"each","type":"Elsa.ForEach","items":{"expression":{"type":"Object","value":"[\"a\",\"b\"]"}},"currentValue":{"memoryReference":{"id":"Token"}},
             "body":{"id":"line","name":"line","type":"Elsa.WriteLine","text":{"expression":{"type":"JavaScript","value":"getToken()"}}}},
            {"id":"if","type":"Elsa.If","condition":{"expression":{"type":"Literal","value":true}},"result":{"memoryReference":{"id":"Held"}}},
            {"id":"scope","type":"FlowLite.Scope","results":{"memoryReference":{"id":"Came"}},"body":{"id":"in","type":"Elsa.WriteLine","text":"in"}}
            """);

        run.Status().Should().Be("Succeeded", run.GetRawText());
        var variables = (await host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{id}/variables")).GetProperty("items").EnumerateArray().ToDictionary(v => v.Text("name"), v => v.GetProperty("value").GetRawText());
        variables.Should().BeEquivalentTo(new Dictionary<string, string> { ["Token"] = Redacted, ["Held"] = Redacted, ["Came"] = Redacted, ["Word"] = "\"word\"" });
        (await host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{id}")).GetRawText().Should().Contain($"\"Token\":{Redacted}");
    }

    private static async Task<(string Id, JsonElement Run)> RunAsync(TriggerHost host, string activities)
    {
        await host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonElement.Parse($$"""
            {"definitionId":"marked","customProperties":{"secureVariables":["Token","Held","Came"]},
             "variables":[{"id":"Token","name":"Token"},{"id":"Held","name":"Held"},{"id":"Came","name":"Came"},{"id":"Word","name":"Word","value":"word"}],
             "root":{"id":"root","type":"Elsa.Sequence","activities":[{{activities}}]} }
            """), publish: true);
        var id = await host.Api.DispatchAsync("marked", "{}");
        return (id, await host.EndedRunAsync("marked", id));
    }
}
