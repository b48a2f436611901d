using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Crm;

public sealed class CrmAuthTests(CrmHost crm) : IClassFixture<CrmHost>
{
    [Theory]
    [InlineData("/crm/oauth2/v2.0/token")]
    [InlineData("/crm/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token")]
    public async Task Token_RightCredentials_AnswersAsAzureAdDoes(string path)
    {
        using var answer = await crm.Client.PostAsync(path, CrmHost.TokenForm());

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
        var token = await CrmHost.JsonAsync(answer);
        token.GetProperty("token_type").GetString().Should().Be("Bearer");
        token.GetProperty("expires_in").GetInt32().Should().Be(3599);
        token.GetProperty("ext_expires_in").GetInt32().Should().Be(3599);
        (await StatusWithAsync(crm, "Bearer", token.GetProperty("access_token").GetString())).Should().Be(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("client_credentials", CrmHost.ClientId, "wrong", HttpStatusCode.Unauthorized, "invalid_client")]
    [InlineData("client_credentials", CrmHost.ClientId, "", HttpStatusCode.Unauthorized, "invalid_client")]
    [InlineData("client_credentials", "wrong", CrmHost.ClientSecret, HttpStatusCode.Unauthorized, "invalid_client")]
    [InlineData("password", CrmHost.ClientId, CrmHost.ClientSecret, HttpStatusCode.BadRequest, "unsupported_grant_type")]
    [InlineData("", CrmHost.ClientId, CrmHost.ClientSecret, HttpStatusCode.BadRequest, "invalid_request")]
    public async Task Token_WrongRequest_IsRefusedInAzureAdShape(string grantType, string id, string secret, HttpStatusCode status, string error)
    {
        using var answer = await crm.Client.PostAsync("/crm/oauth2/v2.0/token", CrmHost.TokenForm(grantType, id, secret));

        answer.StatusCode.Should().Be(status);
        var body = await CrmHost.JsonAsync(answer);
        body.GetProperty("error").GetString().Should().Be(error);
        body.GetProperty("error_description").GetString().Should().StartWith("AADSTS");
        body.GetProperty("error_codes").GetArrayLength().Should().Be(1);
        body.TryGetProperty("access_token", out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("tester:s3cret%2B%2F%3D%26", HttpStatusCode.OK)]
    [InlineData("tester:wrong", HttpStatusCode.Unauthorized)]
    [InlineData("tester", HttpStatusCode.Unauthorized)]
    public async Task Token_HttpBasic_CountsBeforeTheForm(string credentials, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/crm/oauth2/v2.0/token") { Content = CrmHost.TokenForm() };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));

        using var answer = await crm.Client.SendAsync(request);

        answer.StatusCode.Should().Be(status);
    }

    [Fact]
    public async Task Token_HttpBasicThatIsNotBase64_Answers401()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/crm/oauth2/v2.0/token") { Content = CrmHost.TokenForm() };
        request.Headers.TryAddWithoutValidation("Authorization", "Basic ***");

        using var answer = await crm.Client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Token_Get_Answers405()
    {
        using var answer = await crm.Client.GetAsync("/crm/oauth2/v2.0/token");

        answer.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Data_WithoutToken_Answers401WithChallenge()
    {
        using var client = CrmHost.Anonymous(crm.Address);

        using var answer = await client.PostAsync("leads", CrmHost.Body("{}"));

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.Unauthorized, "0x8004A100", "token");
        answer.Headers.WwwAuthenticate.Single().Scheme.Should().Be("Bearer");
        answer.Headers.WwwAuthenticate.Single().Parameter.Should().Contain($"authorization_uri=\"{crm.Address}crm/oauth2/v2.0/token\"");
    }

    [Theory]
    [InlineData("Bearer", "")]
    [InlineData("Bearer", "nonsense")]
    [InlineData("Bearer", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer", "****************************************************************")]
    [InlineData("Basic", "dGVzdGVyOnMzY3JldA==")]
    public async Task Data_WithForeignToken_Answers401(string scheme, string token)
    {
        (await StatusWithAsync(crm, scheme, token)).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Data_WithAnyCharacterOfTheTokenChanged_Answers401()
    {
        var token = crm.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        for (var i = 0; i < token.Length; i++)
        {
            var forged = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];

            (await StatusWithAsync(crm, "Bearer", forged)).Should().Be(HttpStatusCode.Unauthorized, $"character {i} differs");
        }

        (await StatusWithAsync(crm, "bearer", token)).Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Data_TokenAfterItsHour_Answers401()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await CrmHost.StartAsync(time: time);
        var token = host.Client.DefaultRequestHeaders.Authorization!.Parameter;

        time.Advance(TimeSpan.FromSeconds(3598));
        (await StatusWithAsync(host, "Bearer", token)).Should().Be(HttpStatusCode.OK);
        time.Advance(TimeSpan.FromSeconds(1));
        (await StatusWithAsync(host, "Bearer", token)).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Data_TokenFromBeforeARestart_IsStillGood_ButNotElsewhere()
    {
        var directory = Directory.CreateTempSubdirectory("crm-token-").FullName;
        try
        {
            string? token;
            await using (var before = await CrmHost.StartAsync(directory))
            {
                token = before.Client.DefaultRequestHeaders.Authorization!.Parameter;
            }

            await using var after = await CrmHost.StartAsync(directory);

            (await StatusWithAsync(after, "Bearer", token)).Should().Be(HttpStatusCode.OK);
            (await StatusWithAsync(crm, "Bearer", token)).Should().Be(HttpStatusCode.Unauthorized);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void SecretFile_OnUnix_IsForItsOwnerOnly()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(Path.Combine(crm.Directory, "crm.key")).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task Data_CallerThatTheHostVouchesFor_IsLetIn()
    {
        await using var host = await CrmHost.StartAsync(alsoAuthorize: context => ValueTask.FromResult(context.Request.Headers["X-Admin"] == "yes"));
        using var client = CrmHost.Anonymous(host.Address);

        (await client.GetAsync("leads")).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        client.DefaultRequestHeaders.Add("X-Admin", "yes");
        (await client.GetAsync("leads")).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Data_HostWithFallbackPolicy_IsNotBlockedByIt()
    {
        await using var host = await CrmHost.StartAsync(configure: builder =>
        {
            builder.Services.AddAuthentication("none").AddCookie("none");
            builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        });

        (await host.Client.GetAsync("leads")).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task WhoAmI_Twice_GivesTheSameThreeIds()
    {
        var first = await crm.GetAsync("WhoAmI");
        var second = await crm.GetAsync("WhoAmI()");

        var ids = new[] { "UserId", "BusinessUnitId", "OrganizationId" }.Select(name => first.GetProperty(name).GetGuid()).ToList();
        ids.Should().OnlyHaveUniqueItems().And.NotContain(Guid.Empty);
        second.GetRawText().Should().Be(first.GetRawText());
    }

    private static async Task<HttpStatusCode> StatusWithAsync(CrmHost host, string scheme, string? token)
    {
        using var client = CrmHost.Anonymous(host.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "WhoAmI");
        request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {token}");
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}
