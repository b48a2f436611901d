namespace FlowLite.FunctionalTests.Replay;

public sealed class ShippedFlowsTests
{
    private static readonly string Workflows = Path.Combine(Repository(), "workflows");

    [Fact]
    public async Task Replay_ShippedFlows_EveryCasePasses()
    {
        var (exitCode, output) = await ReplayFolder.RunAsync(Workflows);

        output.Should().NotContain("FAIL").And.NotContain("no cases");
        exitCode.Should().Be(0);
        foreach (var @case in Directory.GetFiles(Workflows, "*.json", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "flow.json"))
        {
            output.Should().Contain($"  ok    {Path.GetFileNameWithoutExtension(@case)}: ");
        }
    }

    [Fact]
    public void Workflows_EveryFile_IsAFlowOrOneOfItsCases()
    {
        // What is neither would be shipped without ever having been loaded.
        var files = Directory.GetFiles(Workflows, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Workflows, f).Replace('\\', '/'));

        files.Should().NotBeEmpty().And.OnlyContain(f => f.Split('/').Length == 2 && f.EndsWith("/flow.json") || f.Split('/').Length == 3 && f.Contains("/cases/") && f.EndsWith(".json"));
    }

    [Fact]
    public void Workflows_EveryFlow_HasCases() =>
        Directory.GetDirectories(Workflows).Should().NotBeEmpty().And.OnlyContain(flow => Directory.GetFiles(Path.Combine(flow, "cases"), "*.json").Length > 0);

    [Fact]
    public async Task Documentation_ItsCase_Passes()
    {
        var page = File.ReadAllText(Path.Combine(Repository(), "docs", "replay.md")).ReplaceLineEndings("\n");
        var @case = page.Split("```json\n")[1].Split("```")[0];
        using var folder = new ReplayFolder().With("flow", File.ReadAllText(Path.Combine(Workflows, "marketplace-lead-to-crm", "flow.json")), @case);

        var (exitCode, output) = await folder.ReplayAsync();

        exitCode.Should().Be(0, output);
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlowLite.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("FlowLite.sln was not found above the test assembly.");
    }
}
