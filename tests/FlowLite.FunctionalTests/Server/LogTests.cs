using System.Text;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Server;

public sealed class LogTests
{
    [Fact]
    public async Task Log_AtTheDefaultLevel_HoldsNoSignatureTokenOrPassword()
    {
        using var lines = new LogLines();
        await using var server = await TestServer.StartAsync(
            services => services.AddSingleton<ILoggerProvider>(lines), ["Logging:LogLevel:Default=Information", "Logging:LogLevel:FlowLite=Information"]);
        var token = (await server.LoginAsync(TestServer.Password)).GetProperty("accessToken").GetString()!;
        await server.LoginAsync("a wrong password");
        var client = server.NewClient(token);
        await client.SaveAsync(ServerTestFlows.Small("a"), publish: true);
        using var callback = await client.PostAsync("/api/flows/a/triggers/manual/listCallbackUrl", null);
        var signed = new Uri(JsonElement.Parse(await callback.Content.ReadAsStringAsync()).GetProperty("value").GetString()!).PathAndQuery;
        var signature = signed[(signed.IndexOf("sig=", StringComparison.Ordinal) + 4)..];
        foreach (var url in (string[])[signed, "/workflows/a/triggers/manual/paths/invoke?api-version=2016-06-01&sp=x&sv=1.0&sig=SIGNATURE", "/nowhere?sig=SIGNATURE"])
        {
            using var content = new StringContent("{", Encoding.UTF8, "application/json");
            using var answer = await server.Client.PostAsync(url, content);
        }

        lines.All.Should().Contain(line => line.Contains("failed to sign in"), "what is expected in the log is there");
        lines.All.Should().NotContain(line => line.Contains("SIGNATURE") || line.Contains(signature) || line.Contains(token) || line.Contains(TestServer.Password) || line.Contains("a wrong password"));
    }
}
