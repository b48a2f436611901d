using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Instances;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Hosting;
using FlowLite.Server.Plugins;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Plugins;

public sealed class PluginTests : IDisposable
{
    private const string SplitName = "Contoso.SplitName";

    private readonly string _folder = Directory.CreateTempSubdirectory("flowlite-plugins-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Contoso.Activities.dll")]
    [InlineData("Contoso.Activities/Contoso.Activities.dll")]
    public async Task Plugin_TheDocumentedSample_IsDescribedAndRuns(string file)
    {
        Drop(file);
        await using var server = await StartAsync();
        var client = await server.SignInAsync();

        var descriptors = await client.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities");
        await client.SaveAsync(Flow("names"), publish: true);
        var state = (await client.PostJsonAsync("/elsa/api/workflow-definitions/names/execute", """{"input":{"name":" Ada  King Lovelace "}}""")).GetProperty("workflowState");

        var descriptor = descriptors.GetProperty("items").EnumerateArray().Single(a => a.Text("typeName") == SplitName);
        (descriptor.Text("displayName"), descriptor.Text("category")).Should().Be(("Split name", "Contoso"));
        descriptor.GetProperty("inputs").EnumerateArray().Select(i => i.Text("name")).Should().Equal("FullName", "SecureInputs", "SecureOutputs");
        descriptor.GetProperty("outputs").EnumerateArray().Select(o => o.Text("name")).Should().Equal("FirstName", "LastName");
        state.Text("subStatus").Should().Be("Finished");
        var run = await client.GetFromJsonAsync<JsonElement>($"/api/flows/names/runs/{state.Text("id")}");
        var action = run.GetProperty("actions").EnumerateArray().Single(a => a.Text("name") == "Split");
        action.GetProperty("outputs").GetRawText().Should().Be("""{"FirstName":"Ada King","LastName":"Lovelace"}""");
        server.Output.Should().NotContain("left out");
    }

    [Fact]
    public async Task Plugin_ThatIsGone_LeavesItsFlowsAsThoseWithAnyUnknownType()
    {
        Drop("Contoso.Activities.dll");
        await using var server = await StartAsync();
        await (await server.SignInAsync()).SaveAsync(Flow("names"), publish: true);

        File.Delete(Path.Combine(_folder, "Contoso.Activities.dll"));
        await server.RestartAsync();

        var client = await server.SignInAsync();
        var read = (await client.FindAsync("names", "Latest")).GetProperty("root").GetProperty("activities")[0];
        (read.Text("type"), read.Text("missingTypeName")).Should().Be(("Elsa.NotFoundActivity", SplitName));
        server.Output.Should().Contain("does not run here any more");
        Drop("Contoso.Activities.dll");
        await server.RestartAsync();
        client = await server.SignInAsync();
        (await client.PostJsonAsync("/elsa/api/workflow-definitions/names/execute", """{"input":{"name":"Ada"}}""")).GetProperty("workflowState").Text("subStatus").Should().Be("Finished");
    }

    [Fact]
    public async Task Plugin_AwayWhenARunIsToGoOn_LeavesTheRunAndItsSignalUntilItIsBack()
    {
        Drop("Contoso.Activities.dll");
        await using var server = await StartAsync();
        var client = await server.SignInAsync();
        var flow = Flow("names");
        var activities = (JsonArray)flow["root"]!["activities"]!;
        activities.Insert(0, JsonNode.Parse("""{"id":"event","type":"Elsa.Event","version":1,"name":"Go","eventName":{"typeName":"String","expression":{"type":"Literal","value":"go"}}}"""));
        flow["root"]!["connections"] = JsonNode.Parse("""[{"source":{"activity":"event","port":"Done"},"target":{"activity":"split","port":"In"}}]""");
        await client.SaveAsync(flow, publish: true);
        var run = await client.DispatchAsync("names", """{"input":{"name":"Ada Lovelace"}}""");
        await client.InstanceAsync(run, "Suspended");
        File.Delete(Path.Combine(_folder, "Contoso.Activities.dll"));
        await server.RestartAsync();
        client = await server.SignInAsync();
        (await client.PostAsync("/elsa/api/events/go/trigger", null)).EnsureSuccessStatusCode();
        var left = await client.InstanceAsync(run, "Interrupted");
        await server.RestartAsync();
        client = await server.SignInAsync();
        (await client.InstanceAsync(run)).Text("subStatus").Should().Be("Interrupted", "it is still away");

        Drop("Contoso.Activities.dll");
        await server.RestartAsync();

        left.GetProperty("workflowState").GetProperty("incidents")[0].Text("message").Should().Contain(SplitName);
        client = await server.SignInAsync();
        await client.InstanceAsync(run, "Finished");
        var ended = await client.GetFromJsonAsync<JsonElement>($"/api/flows/names/runs/{run}");
        ended.GetProperty("actions").EnumerateArray().Single(a => a.Text("name") == "Split").GetProperty("outputs").GetRawText().Should().Be("""{"FirstName":"Ada","LastName":"Lovelace"}""");
    }

    [Fact]
    public async Task Plugins_WithSomethingWrong_AreReportedAndTheOthersRun()
    {
        Drop("Contoso.Activities.dll");
        await File.WriteAllTextAsync(Path.Combine(_folder, "a-text.dll"), "not an assembly");
        PluginAssemblies.WriteForAnotherEngine(Path.Combine(_folder, "b-engine.dll"));
        PluginAssemblies.WriteThrowingConstructor(Path.Combine(_folder, "c-throws.dll"));
        PluginAssemblies.Write(Path.Combine(_folder, "d-built-in.dll"), "Elsa.If");
        PluginAssemblies.Write(Path.Combine(_folder, "e-second.dll"), SplitName);
        PluginAssemblies.Write(Path.Combine(_folder, "f-good.dll"), "Other.Good");
        PluginAssemblies.WriteDependency(Path.Combine(_folder, "g-dependency.dll"));
        Directory.CreateDirectory(Path.Combine(_folder, "h-empty"));

        await using var server = await StartAsync();

        var plugins = server.Services.GetRequiredService<PluginsFolder>().Plugins.ToDictionary(p => p.File);
        plugins.Keys.Should().BeEquivalentTo(["Contoso.Activities.dll", "a-text.dll", "b-engine.dll", "c-throws.dll", "d-built-in.dll", "e-second.dll", "f-good.dll", "h-empty/h-empty.dll"]);
        plugins["Contoso.Activities.dll"].Types.Should().BeEquivalentTo([SplitName, "Contoso.PostMessage"]);
        plugins["f-good.dll"].Should().BeEquivalentTo(new { Types = new[] { "Other.Good" }, Problem = (string?)null });
        plugins["a-text.dll"].Problem.Should().Contain("no .NET assembly");
        plugins["b-engine.dll"].Problem.Should().Contain("not built for this version");
        plugins["c-throws.dll"].Problem.Should().Contain(nameof(NotSupportedException));
        plugins["d-built-in.dll"].Problem.Should().Contain("'Elsa.If'");
        plugins["e-second.dll"].Problem.Should().Contain($"'{SplitName}'");
        plugins["h-empty/h-empty.dll"].Problem.Should().Contain("not there");
        foreach (var left in plugins.Values.Where(p => p.Problem is not null))
        {
            server.Output.Should().Contain($"{left.File}: {left.Problem}");
        }
    }

    [Fact]
    public async Task PluginsDirectory_ThatIsNotThere_KeepsTheServerFromStarting()
    {
        var start = () => TestServer.StartAsync($"FlowLite:PluginsDirectory={Path.Combine(_folder, "nowhere")}");

        (await start.Should().ThrowAsync<StartupException>()).WithMessage("*PluginsDirectory*nowhere*");
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync($"FlowLite:PluginsDirectory={_folder}");

    private void Drop(string file)
    {
        var target = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(PluginAssemblies.Sample, target);
    }

    private static JsonObject Flow(string id) => (JsonObject)JsonNode.Parse($$$"""
        {
          "definitionId": "{{{id}}}", "name": "Names",
          "root": {
            "id": "flow", "type": "Elsa.Flowchart", "version": 1, "name": "Flowchart1",
            "activities": [ { "id": "split", "type": "{{{SplitName}}}", "version": 1, "name": "Split",
              "fullName": { "typeName": "String", "expression": { "type": "Scriban", "value": "{{ inputs.name }}" } } } ],
            "connections": []
          }
        }
        """)!;
}
