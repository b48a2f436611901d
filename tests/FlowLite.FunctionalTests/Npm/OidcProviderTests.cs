using System.Diagnostics;
using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Connectors;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Npm;

/// <summary>Signing in at an OpenID provider that others wrote (oidc-provider): expiry, rotation, a clock that is wrong.</summary>
public sealed class OidcProviderTests : IAsyncLifetime
{
    private const int Lifetime = 600;
    private FakeCrm _crm = null!;
    private Process _provider = null!;
    private string _tokenUrl = "";

    // Its clock is decades away from the provider's: only the lifetimes of tokens count.
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(1999, 12, 31, 0, 0, 0, TimeSpan.Zero));

    public async Task InitializeAsync()
    {
        _crm = await FakeCrm.StartAsync();
        _provider = await NpmPackages.StartAsync("oidc.mjs", "app", "right-secret", $"{Lifetime}");
        _ = _provider.StandardError.ReadToEndAsync();
        string? line;
        do
        {
            // What it warns of comes first.
            line = await _provider.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The provider did not start.");
        }
        while (!int.TryParse(line, out _));
        _tokenUrl = $"http://127.0.0.1:{line}/token";
    }

    public async Task DisposeAsync()
    {
        _provider.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _provider.WaitForExitAsync(patience.Token);
        _provider.Dispose();
        await _crm.DisposeAsync();
    }

    [Fact]
    public async Task Token_IsKeptUntilShortlyBeforeItExpires_WhateverTheClockSays()
    {
        using var connectors = new CrmConnectors(_ => Settings("right-secret"), _clock);

        await CreateAsync(connectors);
        await CreateAsync(connectors);
        _clock.Advance(TimeSpan.FromSeconds(Lifetime * 0.75));
        await CreateAsync(connectors);
        _clock.Advance(TimeSpan.FromSeconds(Lifetime * 0.2));
        await CreateAsync(connectors);

        var tokens = _crm.RecordCalls.Select(call => call.Headers["Authorization"]).ToList();
        tokens.Take(3).Distinct().Should().ContainSingle();
        tokens[3].Should().StartWith("Bearer ").And.NotBe(tokens[0]);
    }

    [Fact]
    public async Task Token_ThatTheCrmDoesNotTakeAnyMore_IsRenewedOnce()
    {
        using var connectors = new CrmConnectors(_ => Settings("right-secret"), _clock);
        await CreateAsync(connectors);
        _crm.Answers.Enqueue(FakeCrm.Status(401));
        _crm.Answers.Enqueue(FakeCrm.Status(204));

        await CreateAsync(connectors);

        _crm.RecordCalls.Select(call => call.Headers["Authorization"]).Distinct().Should().HaveCount(2);
        _crm.RecordCalls.Should().HaveCount(3);
    }

    [Fact]
    public async Task Secret_ThatIsWrong_IsRefusedUntilItIsRotated()
    {
        var secret = "wrong-secret";
        using var connectors = new CrmConnectors(_ => Settings(secret), _clock);

        var refused = (await FluentActions.Awaiting(() => CreateAsync(connectors)).Should().ThrowAsync<ActivityException>()).Which;
        secret = "right-secret";
        await CreateAsync(connectors);

        (refused.Code, refused.Retryable).Should().Be(("TokenRefused", false));
        refused.Message.Should().Contain("invalid_client").And.NotContain("wrong-secret");
    }

    private static Task<CreatedRecord> CreateAsync(CrmConnectors connectors) => connectors.Find("c")!.CreateAsync(
        new CreateRecordRequest("c", "lead", JsonElement.Parse("""{"lastname":"One"}"""), new Guid("0a1b2c3d-0000-5000-8000-000000000001"), "create", null), CancellationToken.None).AsTask();

    private ConnectionSettings Settings(string secret) => new("dataverse", new Dictionary<string, string?>
    {
        ["Url"] = _crm.Url,
        ["TokenUrl"] = _tokenUrl,
        ["ClientId"] = "app",
        ["ClientSecret"] = secret,
        ["Scope"] = "crm/.default",
    });
}
