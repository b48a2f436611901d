using System.Text;
using FlowLite.FunctionalTests.Triggers;
using FlowLite.Server.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Runs;

public sealed class SecretsTests
{
    [Fact]
    public async Task Files_AfterRunsAndRefusals_HoldNoSignatureKeyCookieOrToken()
    {
        await using var crm = await HeldCrm.StartAsync();
        await using var host = await TriggerHost.StartAsync(null, crm.Arguments);
        crm.Open();
        var flow = await host.PublishAsync("secrets", "", HeldCrm.Create());
        var url = host.Url(flow);
        var signature = url[(url.IndexOf("sig=", StringComparison.Ordinal) + 4)..];
        foreach (var body in (string[])["""{"subject":"kept-subject"}""", "kept-refusal"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("Cookie", "session=cookie-secret");
            request.Headers.Add("X-Kept", "kept-header");
            using var answer = await host.Client.SendAsync(request);
        }

        using (var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent("{}") })
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer bearer-secret");
            using var answer = await host.Client.SendAsync(request);
            await answer.ShouldBeErrorAsync(401, "DirectApiAuthorizationRequired");
        }

        var key = host.Services.GetRequiredService<SecretProtector>().Unprotect(flow.Secrets.PrimaryKey);
        var token = host.Api.DefaultRequestHeaders.Authorization!.Parameter!;
        await host.UntilAsync("secrets", Engine.Runs.RunStatus.Succeeded, 1);
        await host.StopAsync();

        // Latin 1 keeps every byte as one character.
        var files = Directory.GetFiles(host.DataDirectory, "*.db*", SearchOption.AllDirectories).ToDictionary(f => Path.GetFileName(f), f => Encoding.Latin1.GetString(File.ReadAllBytes(f)));
        files.Keys.Should().Contain(["journal.db", "catalogue.db"]);
        // Not with Should() on the text: a failure would print the whole file.
        foreach (var kept in (string[])["kept-subject", "kept-refusal", "kept-header"])
        {
            files["journal.db"].Contains(kept, StringComparison.Ordinal).Should().BeTrue(kept);
        }

        string[] secrets = [signature, key, token, "cookie-secret", "bearer-secret", "held-crm-secret"];
        (from file in files from secret in secrets where file.Value.Contains(secret, StringComparison.Ordinal) select (file.Key, secret)).Should().BeEmpty();

        await host.StartAgainAsync();
    }
}
