namespace FlowLite.FunctionalTests.Replay;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly ReplayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_PassingCases_SaysSoAndExitsWithZero()
    {
        var (exitCode, output) = await _folder.With("leads", ReplayFolder.LeadFlow, ReplayFolder.LeadCase(), ReplayFolder.LeadCase()).ReplayAsync();

        exitCode.Should().Be(0, output);
        output.Should().Contain("  ok    case-2: A lead").And.EndWith($"2 passed, 0 failed.{Environment.NewLine}");
    }

    [Fact]
    public async Task Run_FolderOfOneFlow_RunsThatFlow()
    {
        _folder.With("leads", ReplayFolder.LeadFlow, ReplayFolder.LeadCase());

        var (exitCode, output) = await ReplayFolder.RunAsync(Path.Combine(_folder.Root, "leads") + Path.DirectorySeparatorChar);

        exitCode.Should().Be(0, output);
        output.Should().StartWith("leads").And.Contain("1 passed");
    }

    [Fact]
    public async Task Run_Filter_RunsTheCasesThatItNames()
    {
        _folder.With("one", ReplayFolder.LeadFlow, ReplayFolder.LeadCase(), ReplayFolder.LeadCase()).With("two", ReplayFolder.LeadFlow, ReplayFolder.LeadCase());

        var (exitCode, output) = await _folder.ReplayAsync("--filter", "ONE/case-2");

        exitCode.Should().Be(0);
        output.Should().Contain("one").And.Contain("case-2").And.NotContain("case-1").And.NotContain("two");
        (await _folder.ReplayAsync("--filter", "two")).Output.Should().Contain("1 passed");
    }

    [Fact]
    public async Task Run_FlowWithoutCases_IsMentioned()
    {
        var (exitCode, output) = await _folder.With("leads", ReplayFolder.LeadFlow, ReplayFolder.LeadCase()).With("bare", ReplayFolder.LeadFlow).ReplayAsync();

        exitCode.Should().Be(0);
        output.Should().Contain("no cases").And.Contain("1 passed, 0 failed, 1 flow without cases.");
    }

    [Fact]
    public async Task Run_FlowThatDoesNotCompile_FailsWithEveryProblemAndGoesOnWithTheOthers()
    {
        var broken = ReplayFolder.Flow("broken", """
            { "id": "a", "type": "Nobody.Knows", "name": "A" },
            { "id": "b", "type": "Elsa.WriteLine", "name": "B", "text": <<{{ if }}>> }
            """);

        var (exitCode, output) = await _folder.With("broken", broken, ReplayFolder.LeadCase()).With("leads", ReplayFolder.LeadFlow, ReplayFolder.LeadCase()).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain("/root/activities/1").And.Contain("Nobody.Knows").And.Contain("/root/activities/2/text").And.Contain("1 passed, 1 failed.");
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("[]", "A definition is a JSON object")]
    [InlineData("""{ "root": { "id": "root", "type": "Elsa.Sequence", "activities": [] } }""", "/definitionId")]
    [InlineData("""{ "definitionId": "x" }""", "no root")]
    public async Task Run_FileThatIsNoFlow_Fails(string definition, string message)
    {
        var (exitCode, output) = await _folder.With("bad", definition).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain(message).And.Contain(Path.Combine("bad", "flow.json"));
    }

    [Theory]
    [InlineData]
    [InlineData("--filter")]
    [InlineData("workflows", "--filter")]
    [InlineData("workflows", "--verbose", "x")]
    [InlineData("")]
    public async Task Run_ArgumentsThatMakeNoSense_ShowsTheUsage(params string[] args)
    {
        var (exitCode, output) = await ReplayFolder.RunAsync(args);

        exitCode.Should().Be(2);
        output.Should().StartWith("Usage: replay <folder> [--filter text]");
    }

    [Fact]
    public async Task Run_UnknownFolder_SaysWhichOneToName()
    {
        var (exitCode, output) = await ReplayFolder.RunAsync(Path.Combine(_folder.Root, "nowhere"));

        exitCode.Should().Be(2);
        output.Should().Contain("nowhere").And.Contain("Name the folder that holds your flows");
    }

    [Fact]
    public async Task Run_NothingToRun_IsNoSuccess()
    {
        (await _folder.ReplayAsync()).Should().Match<(int ExitCode, string Output)>(r => r.ExitCode == 2 && r.Output.Contains("There is no flow in"));
        (await _folder.With("leads", ReplayFolder.LeadFlow, ReplayFolder.LeadCase()).ReplayAsync("--filter", "typo"))
            .Should().Match<(int ExitCode, string Output)>(r => r.ExitCode == 2 && r.Output.Contains("has 'typo' in its name"));
    }
}
