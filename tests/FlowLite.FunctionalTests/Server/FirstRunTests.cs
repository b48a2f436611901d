using System.Net;
using System.Text.RegularExpressions;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Hosting;

namespace FlowLite.FunctionalTests.Server;

public sealed partial class FirstRunTests
{
    [Fact]
    public async Task Start_OnNewFolder_MakesItsDataForItsUserOnly()
    {
        await using var server = await TestServer.StartAsync();

        Directory.EnumerateFileSystemEntries(server.DataDirectory).Select(Path.GetFileName)
            .Should().Contain(["admin-password", "catalogue.db", "journal.db", "keys", "crm", "crm-client-secret"]);
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode others = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            foreach (var secret in (string[])["", "keys", "admin-password", "crm-client-secret"])
            {
                (File.GetUnixFileMode(Path.Combine(server.DataDirectory, secret)) & others).Should().Be(UnixFileMode.None, $"'{secret}' is private");
            }
        }
    }

    [Fact]
    public async Task Start_WithoutPassword_PrintsOneOnceThatWorksForGood()
    {
        await using var server = await TestServer.StartAsync("FlowLite:AdminPassword=");
        var password = Printed().Match(server.Output).Groups[1].Value;

        (await server.LoginAsync(password)).GetProperty("isAuthenticated").GetBoolean().Should().BeTrue();

        await server.RestartAsync();
        Printed().IsMatch(server.Output).Should().BeFalse();
        (await server.LoginAsync(password)).GetProperty("isAuthenticated").GetBoolean().Should().BeTrue();
        foreach (var file in Directory.EnumerateFiles(server.DataDirectory))
        {
            (await ReadSharedAsync(file)).Should().NotContain(password);
        }
    }

    [Fact]
    public async Task Start_WithConfiguredPassword_ReplacesTheOneBeforeAndItsTokens()
    {
        await using var server = await TestServer.StartAsync();
        server.Output.Should().NotContain("sign in as");
        var token = (await server.LoginAsync(TestServer.Password)).GetProperty("accessToken").GetString();

        await server.RestartAsync("FlowLite:AdminPassword=another long one");

        (await server.LoginAsync(TestServer.Password)).GetProperty("isAuthenticated").GetBoolean().Should().BeFalse();
        (await server.LoginAsync("another long one")).GetProperty("isAuthenticated").GetBoolean().Should().BeTrue();
        using var answer = await server.NewClient(token).GetAsync("/elsa/api/workflow-definitions");
        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Restart_WithTheSamePassword_KeepsTokens()
    {
        await using var server = await TestServer.StartAsync();
        var token = (await server.LoginAsync(TestServer.Password)).GetProperty("accessToken").GetString();

        await server.RestartAsync();

        using var answer = await server.NewClient(token).GetAsync("/elsa/api/workflow-definitions");
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("FlowLite:PublicUrl=flows.contoso.com", "PublicUrl")]
    [InlineData("FlowLite:PublicUrl=ftp://flows.contoso.com", "PublicUrl")]
    [InlineData("FlowLite:PublicUrl=https://flows.contoso.com/?a=b", "PublicUrl")]
    [InlineData("FlowLite:AdminPassword=short", "AdminPassword")]
    [InlineData("FlowLite:TrustedProxies=10.0.0.1, nonsense", "TrustedProxies")]
    [InlineData("FlowLite:WorkflowsDirectory=/there/is/no/such", "WorkflowsDirectory")]
    [InlineData("FlowLite:DataDirectory=/dev/null/data", "data directory")]
    [InlineData("FlowLite:Engine:EventsPerRun=0", "EventsPerRun")]
    [InlineData("FlowLite:Engine:SnapshotEvery=often", "SnapshotEvery")]
    [InlineData("FlowLite:Engine:ConcurrentRunsPerFlow=-1", "ConcurrentRunsPerFlow")]
    [InlineData("FlowLite:Engine:StoreRetryDelay=-00:00:01", "StoreRetryDelay")]
    public async Task Start_WithWrongSetting_SaysWhich(string setting, string named)
    {
        var start = () => TestServer.StartAsync(setting);

        (await start.Should().ThrowAsync<StartupException>()).Which.Message.Should().Contain(named).And.NotContain("   at ");
    }

    [Fact]
    public async Task RunAsync_PortInUse_IsOneLineAndExitCode1()
    {
        await using var server = await TestServer.StartAsync();
        using var folder = new Persistence.TempFolder();
        using var error = new StringWriter();
        var before = Console.Error;
        Console.SetError(error);
        int exitCode;
        try
        {
            exitCode = await FlowLiteHost.RunAsync(["--urls", server.Address.ToString(), "--FlowLite:DataDirectory", folder.Path, "--FlowLite:WorkflowsDirectory", folder.Path]);
        }
        finally
        {
            Console.SetError(before);
        }

        exitCode.Should().Be(1);
        error.ToString().Trim().Split('\n').Should().ContainSingle().Which.Should().Contain("address already in use").And.Contain("--urls");
    }

    [Fact]
    public async Task Start_OnDataOfARunningServer_IsRefused()
    {
        await using var server = await TestServer.StartAsync();

        var second = () => TestServer.StartAsync($"FlowLite:DataDirectory={server.DataDirectory}");

        (await second.Should().ThrowAsync<StartupException>()).Which.Message.Should().Contain("used by another server");
    }

    private static async Task<string> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    [GeneratedRegex(@"sign in as\s+admin with the password (\S+)")]
    private static partial Regex Printed();
}
