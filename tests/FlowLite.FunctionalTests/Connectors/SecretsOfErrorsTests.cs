using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>A CRM that repeats the connection's secrets in its errors, where these don't come as the others' do.</summary>
public sealed class SecretsOfErrorsTests : StandInTestBase
{
    private const string Password = "s3cret-\"Tryton\"";
    private static readonly string AccountKey = Convert.ToBase64String(Encoding.UTF8.GetBytes("azure-account-key/+"));
    private FakeCrm _crm = null!;

    public override async Task InitializeAsync() => _crm = await FakeCrm.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _crm.DisposeAsync();
    }

    [Theory]
    [InlineData("UserError", "UserError")]
    [InlineData("OperationalError", "ServerError")]
    public async Task Tryton_RepeatsThePassword_ItIsMasked(string name, string code)
    {
        var (crm, _) = Connect("tryton", new() { ["Url"] = _crm.Url, ["Database"] = "d", ["User"] = "u", ["Password"] = Password });
        var error = code == "UserError" ? new object[] { name, new[] { $"no {Password} here", "" } } : [$"{name}: no {Password} here", "trace"];
        _crm.Answers.Enqueue(FakeCrm.Json(200, JsonSerializer.Serialize(new { id = 1, error })));

        var failure = await FailAsync(() => CreateAsync(crm, "lead", """{"name":"One"}"""));

        failure.Code.Should().Be(code);
        ShouldBeMasked(failure, Password);
    }

    [Fact]
    public async Task AzureTable_RepeatsTheKey_ItIsMasked()
    {
        var (crm, _) = Connect("azuretable", new() { ["ConnectionString"] = $"DefaultEndpointsProtocol=http;AccountName=acc;AccountKey={AccountKey};TableEndpoint={_crm.Url}/acc" });
        _crm.Answers.Enqueue(FakeCrm.Json(400, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["odata.error"] = new { code = "InvalidInput", message = new { lang = "en-US", value = $"no {AccountKey} here\nRequestId:1" } },
        }), ("x-ms-error-code", "InvalidInput")));

        var failure = await FailAsync(() => CreateAsync(crm, "Leads", """{"a":"b"}"""));

        failure.Code.Should().Be("InvalidInput");
        ShouldBeMasked(failure, AccountKey);
    }

    private static void ShouldBeMasked(ActivityException failure, string secret)
    {
        failure.Message.Should().Contain("no *** here").And.NotContain(secret);
        failure.Details!.Value.GetProperty("error").GetProperty("message").GetString().Should().Contain("no *** here").And.NotContain(secret);
    }
}
