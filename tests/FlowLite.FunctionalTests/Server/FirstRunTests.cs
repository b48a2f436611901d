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
    [InlineData("FlowLite:Http:MaxResponseSize=10MB", "10MB")]
    [InlineData("FlowLite:Http:Timeout=100s", "100s")]
    [InlineData("Kestrel:Endpoints:Own:Url=nonsense", "Kestrel:Endpoints:Own:Url")]
    public async Task Start_WithWrongSetting_SaysWhich(string setting, string named)
    {
        var start = () => TestServer.StartAsync(setting);

        (await start.Should().ThrowAsync<StartupException>()).Which.Message.Should().Contain(named).And.NotContain("   at ");
    }

    [Fact]
    public async Task Start_WithSettingsThatThereAreNot_SaysWhich()
    {
        await using var server = await TestServer.StartAsync("FlowLite:PublicUri=https://flows.contoso.com", "FlowLite:Engine:EventPerRun=5", "FlowLite:Engine:SnapshotEvery=100");

        server.Output.Should().Contain("no such setting  FlowLite:PublicUri").And.Contain("no such setting  FlowLite:Engine:EventPerRun").And.NotContain("SnapshotEvery");
    }

    [Theory]
    [InlineData("nonsense", "'nonsense'")]
    [InlineData("http://127.0.0.1:99999", "'http://127.0.0.1:99999'")]
    [InlineData("ftp://127.0.0.1:0", "'ftp://127.0.0.1:0'")]
    [InlineData("http://127.0.0.1:0", "'Loud'", "--Logging:LogLevel:Default", "Loud")]
    [InlineData("https://127.0.0.1:0", "certificate", "--Kestrel:Certificates:Default:Path", "/dev/null")]
    public async Task RunAsync_WithWhatTheFrameworkRefuses_IsOneLineAndExitCode1(string urls, string named, params string[] more)
    {
        using var folder = new Persistence.TempFolder();

        var (exitCode, error) = await RunAsync(["--urls", urls, "--FlowLite:DataDirectory", folder.Path, "--FlowLite:WorkflowsDirectory", folder.Path, .. more]);

        exitCode.Should().Be(1);
        error.Trim().Split('\n').Should().ContainSingle().Which.Should().StartWith("FlowLite can't start: ").And.Contain(named);
    }

    [Fact]
    public async Task RunAsync_PortInUse_IsOneLineAndExitCode1()
    {
        await using var server = await TestServer.StartAsync();
        using var folder = new Persistence.TempFolder();

        var (exitCode, error) = await RunAsync(["--urls", server.Address.ToString(), "--FlowLite:DataDirectory", folder.Path, "--FlowLite:WorkflowsDirectory", folder.Path]);

        exitCode.Should().Be(1);
        error.Trim().Split('\n').Should().ContainSingle().Which.Should().Contain("address already in use").And.Contain("--urls");
    }

    [Theory]
    [InlineData(0, "--help")]
    [InlineData(0, "-h")]
    [InlineData(2, "replya", "workflows")]
    public async Task CommandLine_WordThatIsNoServer_SaysWhatThereIsAndStartsNone(int exitCode, params string[] args)
    {
        using var output = new StringWriter();

        (await CommandLine.RunAsync(args, output)).Should().Be(exitCode);

        output.ToString().Should().Contain("--urls").And.Contain("replay <folder>");
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(string[] args)
    {
        using var error = new StringWriter();
        var before = Console.Error;
        Console.SetError(error);
        try
        {
            return (await FlowLiteHost.RunAsync(args), error.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
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
