using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>Tokens, secrets and settings.</summary>
public sealed class DataverseConnectionTests : DataverseTestBase
{
    [Fact]
    public async Task Create_ManyAtOnce_AskForOneToken()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => CreateAsync()));

        var form = Crm.TokenCalls.Should().ContainSingle().Which.Body;
        form.Should().Be($"grant_type=client_credentials&client_id=app&client_secret={Uri.EscapeDataString(Secret)}&scope=crm%2F.default");
        Crm.RecordCalls.Should().HaveCount(50);
    }

    [Fact]
    public async Task Create_TokenSoonExpired_IsRenewedBefore()
    {
        await CreateAsync();
        Clock.Advance(TimeSpan.FromMinutes(54));
        await CreateAsync();
        Crm.TokenCalls.Should().ContainSingle();

        Clock.Advance(TimeSpan.FromMinutes(2));
        await CreateAsync();

        Crm.TokenCalls.Should().HaveCount(2);
        Crm.RecordCalls.Last().Headers["Authorization"].Should().Be("Bearer t2");
    }

    [Fact]
    public async Task Create_401Once_RenewsTheTokenAndSendsAgain()
    {
        Crm.Answers.Enqueue(FakeCrm.Status(401));
        Crm.Answers.Enqueue(FakeCrm.Status(204));

        var record = await CreateAsync();

        record.AlreadyExisted.Should().BeFalse();
        Crm.RecordCalls.Select(c => c.Headers["Authorization"]).Should().Equal("Bearer t1", "Bearer t2");
        Crm.RecordCalls.Select(c => c.Body).Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task Create_401Twice_IsFinal()
    {
        Crm.Answers.Enqueue(FakeCrm.Status(401));

        var failure = await FailAsync();

        failure.Code.Should().Be("Http401");
        failure.Retryable.Should().BeFalse();
        Crm.RecordCalls.Should().HaveCount(2);
    }

    [Theory]
    [InlineData(401, """{"error":"invalid_client","error_description":"The secret %s is wrong."}""", "TokenRefused", false)]
    [InlineData(400, "no json %s", "TokenRefused", false)]
    [InlineData(503, "", "TokenEndpointFailed", true)]
    [InlineData(200, "<html>", "TokenEndpointFailed", true)]
    [InlineData(200, """{"access_token":7}""", "TokenEndpointFailed", true)]
    [InlineData(200, """{"access_token":"a\r\nb: c"}""", "TokenEndpointFailed", true)]
    public async Task Create_NoToken_SaysWhyWithoutTheSecret(int status, string body, string code, bool retryable)
    {
        Crm.Token = FakeCrm.Json(status, body.Replace("%s", Secret, StringComparison.Ordinal));

        var failure = await FailAsync();

        failure.Code.Should().Be(code);
        failure.Retryable.Should().Be(retryable);
        failure.ToString().Should().NotContain(Secret);
        JsonSerializer.Serialize(failure.Details).Should().NotContain("s3cret");
        Crm.RecordCalls.Should().BeEmpty();
    }

    [Fact]
    public async Task Create_TokenEndpointWellAgain_GoesOn()
    {
        Crm.Token = FakeCrm.Status(500);
        await FailAsync();
        Crm.Token = FakeCrm.Json(200, """{"access_token":"later","expires_in":"3599"}""");

        await CreateAsync();

        Crm.RecordCalls.Single().Headers["Authorization"].Should().Be("Bearer later");
    }

    [Fact]
    public async Task Create_CrmEchoesSecretAndToken_TheyAreMasked()
    {
        Crm.Token = FakeCrm.Json(200, """{"access_token":"tok-5Fd","expires_in":3600}""");
        Crm.Answers.Enqueue(FakeCrm.Json(400, $$"""{"error":{"code":"0x1","message":"Bearer tok-5Fd of {{Secret}}"} }"""));

        var failure = await FailAsync();

        var text = failure.Message + JsonSerializer.Serialize(failure.Details);
        text.Should().NotContain("tok-5Fd").And.NotContain("s3cret").And.Contain("***");
    }

    [Fact]
    public void Find_SettingsChanged_MakesANewConnector()
    {
        var settings = Settings("http://a.example");
        using var connectors = new CrmConnectors(name => name == "c" ? settings : null, Clock);
        var first = connectors.Find("c");
        connectors.Find("c").Should().BeSameAs(first);

        settings = Settings("http://a.example", secret: "other");

        connectors.Find("c").Should().NotBeSameAs(first);
        connectors.Find("unknown").Should().BeNull();
    }

    [Theory]
    [InlineData("ftp://crm", "app")]
    [InlineData("http://user:pass@crm", "app")]
    [InlineData("crm", "app")]
    [InlineData("http://crm", "")]
    public void Find_UnusableSettings_SaysWhat(string url, string client)
    {
        using var connectors = new CrmConnectors(_ => Settings(url, tokenUrl: "http://crm/token", client: client), Clock);

        var find = () => connectors.Find("c");

        var failure = find.Should().Throw<ActivityException>().Which;
        failure.Code.Should().Be("ConnectionInvalid");
        failure.Message.Should().NotContain("pass@").And.NotContain(Secret);
        Settings(url).ToString().Should().NotContain(Secret);
    }
}
