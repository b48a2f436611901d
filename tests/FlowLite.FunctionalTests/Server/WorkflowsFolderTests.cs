using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

public sealed class WorkflowsFolderTests
{
    [Fact]
    public async Task Import_NewFiles_ArePublished()
    {
        await using var server = await StartAsync(("a/flow.json", ServerTestFlows.Small("a")), ("b.json", ServerTestFlows.Small("b")));
        Write(server, "c/cases/case.json", ServerTestFlows.Small("c"));
        Write(server, "settings.json", new JsonObject { ["root"] = "/" });
        await server.RestartAsync();

        Outcomes(server).Should().Equal(("a/flow.json", ImportOutcome.Unchanged), ("b.json", ImportOutcome.Unchanged));
        Published(server).Should().BeEquivalentTo(["a 1", "b 1"]);
        server.Output.Should().Contain("/workflows/a/triggers/manual/paths/invoke").And.Contain("curl ");
    }

    [Fact]
    public async Task Start_WithAFlowThatTakesNoMarketplaceLead_PrintsTheSampleForOneThatDoes()
    {
        var picky = ServerTestFlows.Small("a");
        picky["root"]!["activities"]![0]!["schema"] = new JsonObject { ["type"] = "object", ["required"] = new JsonArray("email") };
        await using var server = await StartAsync(("a/flow.json", picky), ("b/flow.json", ServerTestFlows.Small("b")));

        server.Output.Split('\n').Should().ContainSingle(line => line.Contains("a sample lead", StringComparison.Ordinal))
            .Which.Should().Contain("/workflows/b/triggers/manual/").And.NotContain("/workflows/a/");
    }

    [Fact]
    public async Task Import_ChangedFileOfUntouchedFlow_IsANewVersion()
    {
        await using var server = await StartAsync(("a/flow.json", ServerTestFlows.Small("a")));
        Write(server, "a/flow.json", ServerTestFlows.Small("a", "Changed"));

        await server.RestartAsync();

        Outcomes(server).Should().Equal(("a/flow.json", ImportOutcome.Imported));
        Published(server).Should().Equal("a 2");
        (await (await server.SignInAsync()).FindAsync("a", "Published")).Text("name").Should().Be("Changed");
    }

    [Fact]
    public async Task Import_ChangedFileOfEditedFlow_IsAConflictAndLeft()
    {
        await using var server = await StartAsync(("a/flow.json", ServerTestFlows.Small("a")));
        await (await server.SignInAsync()).SaveAsync(ServerTestFlows.Small("a", "Edited"));
        await server.RestartAsync();
        Outcomes(server).Should().Equal(("a/flow.json", ImportOutcome.Unchanged));
        Write(server, "a/flow.json", ServerTestFlows.Small("a", "Changed"));

        await server.RestartAsync();

        Outcomes(server).Should().Equal(("a/flow.json", ImportOutcome.Conflict));
        (await (await server.SignInAsync()).FindAsync("a", "Latest")).Text("name").Should().Be("Edited");
        Published(server).Should().Equal("a 1");
        server.Output.Should().Contain("a/flow.json").And.Contain("edited since");
    }

    [Fact]
    public async Task Import_FileOfAFlowMadeByHand_IsAConflict()
    {
        await using var server = await StartAsync();
        await (await server.SignInAsync()).SaveAsync(ServerTestFlows.Small("a", "By hand"));
        Write(server, "a/flow.json", ServerTestFlows.Small("a", "From file"));

        await server.RestartAsync();

        Outcomes(server).Should().Equal(("a/flow.json", ImportOutcome.Conflict));
    }

    [Fact]
    public async Task Import_InvalidFiles_AreReportedAndTheOthersImported()
    {
        var broken = ServerTestFlows.Small("broken");
        broken["root"]!["activities"]![1]!["type"] = "Contoso.Unheard";
        await using var server = await StartAsync(("broken/flow.json", broken), ("good/flow.json", ServerTestFlows.Small("good")), ("nameless/flow.json", ServerTestFlows.Small(null)));
        var text = Path.Combine(server.WorkflowsDirectory, "text");
        Directory.CreateDirectory(text);
        await File.WriteAllTextAsync(Path.Combine(text, "flow.json"), "{ not json");

        await server.RestartAsync();

        Outcomes(server).Should().Equal(
            ("broken/flow.json", ImportOutcome.Invalid), ("good/flow.json", ImportOutcome.Unchanged),
            ("nameless/flow.json", ImportOutcome.Invalid), ("text/flow.json", ImportOutcome.Invalid));
        Published(server).Should().Equal("good 1");
        server.Output.Should().Contain("Contoso.Unheard").And.Contain("/root/activities/1/type");
        Write(server, "broken/flow.json", ServerTestFlows.Small("broken"));
        await server.RestartAsync();
        Published(server).Should().BeEquivalentTo(["broken 1", "good 1"]);
    }

    [Fact]
    public async Task Import_KilledBeforeItWasNoted_IsNotedAtTheNextStart()
    {
        await using var server = await StartAsync();
        var flow = ServerTestFlows.Small("a");
        await (await server.SignInAsync()).SaveAsync(flow);
        Write(server, "a/flow.json", flow);

        await server.RestartAsync();

        Outcomes(server).Should().Equal(("a/flow.json", ImportOutcome.Imported));
        Published(server).Should().Equal("a 1");
    }

    private static Task<TestServer> StartAsync(params (string File, JsonObject Flow)[] files) => TestServer.StartAsync(null, [], server =>
    {
        foreach (var (file, flow) in files)
        {
            Write(server, file, flow);
        }
    });

    private static void Write(TestServer server, string file, JsonObject flow)
    {
        var path = Path.Combine(server.WorkflowsDirectory, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, flow.ToJsonString());
    }

    private static IEnumerable<(string, ImportOutcome)> Outcomes(TestServer server) =>
        server.Services.GetRequiredService<WorkflowsFolder>().Files.Select(f => (f.File, f.Outcome));

    private static IEnumerable<string> Published(TestServer server) =>
        server.Services.GetRequiredService<FlowCatalog>().Published.Select(f => $"{f.Definition.DefinitionId} {f.Definition.Version}");
}
