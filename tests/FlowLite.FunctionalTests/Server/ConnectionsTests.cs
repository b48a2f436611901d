using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

/// <summary>Connections over the API, and the flows that refer to them.</summary>
public sealed class ConnectionsTests : IAsyncLifetime
{
    private const string Secret = "s3cret-Zx91";

    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync("FlowLite:Connections:fixed:Url=http://127.0.0.1:9", "FlowLite:Connections:over:Url=http://127.0.0.1:7");
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Connections_WithoutSignIn_AreRefused()
    {
        (await _server.Client.GetAsync("/api/connections")).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        (await _server.Client.PostAsJsonAsync("/api/connections", Body("a"))).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Kinds_SayWhichFieldsAreSecret()
    {
        var kinds = await _client.GetFromJsonAsync<JsonElement>("/api/connection-kinds");

        var fields = kinds.GetProperty("value").EnumerateArray().Single(k => k.Text("name") == "dataverse").GetProperty("fields").EnumerateArray();
        fields.Where(f => f.GetProperty("isSecret").GetBoolean()).Select(f => f.Text("name")).Should().Equal("ClientSecret", "ClientCertificate", "CertificatePassword");
    }

    [Fact]
    public async Task Create_Stored_IsShownWithoutItsSecretAndOutlivesARestart()
    {
        var made = await SendAsync(HttpMethod.Post, "/api/connections", Body("contoso"), HttpStatusCode.Created);

        await _server.RestartAsync();
        _client = await _server.SignInAsync();
        var found = await SendAsync(HttpMethod.Get, "/api/connections/contoso", null, HttpStatusCode.OK);

        found.ToString().Should().Be(made.ToString()).And.NotContain(Secret);
        (found.Text("source"), found.GetProperty("values").Text("Url"), found.GetProperty("secretsSet").ToString())
            .Should().Be(("stored", "http://127.0.0.1:9", """["ClientSecret"]"""));
        foreach (var file in Directory.EnumerateFiles(_server.DataDirectory, "*.db*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            Encoding.Latin1.GetString(bytes.ToArray()).Should().NotContain(Secret, file);
        }
    }

    [Theory]
    [InlineData("a b", "dataverse", "Url", "http://x", 400)]
    [InlineData("embedded", "dataverse", "Url", "http://x", 409)]
    [InlineData("a", "nothing", "Url", "http://x", 400)]
    [InlineData("a", "dataverse", "Uri", "http://x", 400)]
    [InlineData("a", "dataverse", "Url", "", 400)]
    [InlineData("a", "dataverse", "Url", "ftp://x", 400)]
    public async Task Create_Wrong_IsRefusedAndNothingIsKept(string name, string kind, string field, string value, int status)
    {
        var body = Body(name);
        body["kind"] = kind;
        body["values"]![field] = value;

        var answer = await SendAsync(HttpMethod.Post, "/api/connections", body, (HttpStatusCode)status);

        answer.GetProperty("error").Text("message").Should().NotContain(Secret);
        (await NamesAsync()).Should().Equal("embedded", "fixed", "over");
    }

    [Theory]
    [InlineData("dataverse", "Url", "http://x/#frag")]
    [InlineData("dataverse", "Url", "http://x/?a=b")]
    [InlineData("dataverse", "TokenUrl", "http://x/token#frag")]
    [InlineData("salesforce", "Url", "http://x?a=b")]
    [InlineData("hubspot", "Url", "http://x#y")]
    [InlineData("marketo", "Url", "http://x?")]
    [InlineData("tryton", "Url", "http://x#y")]
    [InlineData("rest", "Url", "http://x#y")]
    [InlineData("rest", "Url", "http://{long}/")]
    [InlineData("rest", "TestPath", "/me#y")]
    [InlineData("rest", "Tables", "{\"a\":{\"create\":{\"path\":\"/a\"},\"fields\":[null]}}")]
    [InlineData("postgresql", "Host", "a\0b")]
    [InlineData("postgresql", "Host", "{long}")]
    [InlineData("postgresql", "Host", "a b")]
    [InlineData("postgresql", "Database", "a\0b")]
    [InlineData("postgresql", "Password", "a\0b")]
    [InlineData("smtp", "Host", "{long}")]
    [InlineData("sqlite", "File", "/tmp/a\0b")]
    public async Task Create_SettingThatMakesNoSense_IsRefusedWithoutAFault(string kind, string field, string value)
    {
        var values = new JsonObject
        {
            ["Url"] = "http://127.0.0.1:9",
            ["TokenUrl"] = "http://127.0.0.1:9/token",
            ["ClientId"] = "app",
            ["ClientSecret"] = Secret,
            ["Token"] = Secret,
            ["Database"] = "d",
            ["User"] = "u",
            ["Password"] = Secret,
            ["SignIn"] = "none",
            ["Tables"] = """{"a":{"create":{"path":"/a"}}}""",
            ["Host"] = "localhost",
            ["From"] = "a@b.c",
            ["File"] = "/tmp/a",
        };
        var kinds = await _client.GetFromJsonAsync<JsonElement>("/api/connection-kinds");
        var fields = kinds.GetProperty("value").EnumerateArray().Single(k => k.Text("name") == kind).GetProperty("fields").EnumerateArray().Select(f => f.Text("name")).ToList();
        values.Select(v => v.Key).Except(fields).ToList().ForEach(other => values.Remove(other));
        await SendAsync(HttpMethod.Post, "/api/connections", new JsonObject { ["name"] = "well", ["kind"] = kind, ["values"] = values.DeepClone() }, HttpStatusCode.Created);
        values[field] = value.Replace("{long}", string.Join('.', Enumerable.Repeat("abcdefghi", 30)), StringComparison.Ordinal);

        var answer = await SendAsync(HttpMethod.Post, "/api/connections", new JsonObject { ["name"] = "ill", ["kind"] = kind, ["values"] = values }, HttpStatusCode.BadRequest);

        answer.GetProperty("error").Text("code").Should().Be("InvalidConnection");
    }

    [Fact]
    public async Task Create_NameTaken_IsRefusedWhateverTheCase()
    {
        await SendAsync(HttpMethod.Post, "/api/connections", Body("contoso"), HttpStatusCode.Created);

        (await SendAsync(HttpMethod.Post, "/api/connections", Body("Contoso"), HttpStatusCode.Conflict)).GetProperty("error").Text("code").Should().Be("ConnectionExists");
    }

    [Fact]
    public async Task Update_SecretLeftOut_IsKept_ButAnEmptyOneIsMissed()
    {
        await SendAsync(HttpMethod.Post, "/api/connections", Body("contoso"), HttpStatusCode.Created);
        var body = Body("contoso");
        body["values"]!.AsObject().Remove("ClientSecret");
        body["values"]!["Scope"] = "all";

        var changed = await SendAsync(HttpMethod.Put, "/api/connections/contoso", body, HttpStatusCode.OK);

        (changed.GetProperty("values").Text("Scope"), changed.GetProperty("secretsSet").GetArrayLength()).Should().Be(("all", 1));
        body["values"]!["ClientSecret"] = "";
        (await SendAsync(HttpMethod.Put, "/api/connections/contoso", body, HttpStatusCode.BadRequest)).GetProperty("error").Text("message").Should().Contain("client secret is missing");
    }

    [Fact]
    public async Task Update_OfAConfiguredOne_IsRefused()
    {
        (await SendAsync(HttpMethod.Put, "/api/connections/fixed", Body("fixed"), HttpStatusCode.Conflict)).GetProperty("error").Text("code").Should().Be("ConnectionReadOnly");
        (await SendAsync(HttpMethod.Delete, "/api/connections/fixed", null, HttpStatusCode.Conflict)).ToString().Should().Contain("configuration");
        (await SendAsync(HttpMethod.Delete, "/api/connections/embedded", null, HttpStatusCode.Conflict)).ToString().Should().Contain("built in").And.NotContain("configuration");
        await SendAsync(HttpMethod.Delete, "/api/connections/nobody", null, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Configuration_OfAStoredOne_WinsFieldByField()
    {
        var made = await SendAsync(HttpMethod.Post, "/api/connections", Body("over"), HttpStatusCode.Created);

        (made.GetProperty("values").Text("Url"), made.GetProperty("values").Text("ClientId"), made.GetProperty("overridden").ToString())
            .Should().Be(("http://127.0.0.1:7", "app", """["Url"]"""));
    }

    [Fact]
    public async Task Test_OfTheEmbeddedCrm_SaysWhoSignedIn_AndOfOneThatIsDownWhy()
    {
        await SendAsync(HttpMethod.Post, "/api/connections", Body("down"), HttpStatusCode.Created);

        var well = await SendAsync(HttpMethod.Post, "/api/connections/embedded/test", null, HttpStatusCode.OK);
        var down = await SendAsync(HttpMethod.Post, "/api/connections/down/test", null, HttpStatusCode.OK);

        (well.GetProperty("succeeded").GetBoolean(), string.IsNullOrEmpty(well.Text("user"))).Should().Be((true, false));
        down.GetProperty("succeeded").GetBoolean().Should().BeFalse();
        down.Text("message").Should().NotBeEmpty().And.NotContain(Secret);
        (await SendAsync(HttpMethod.Get, "/api/connections/down", null, HttpStatusCode.OK)).GetProperty("lastTest").Text("code").Should().Be(down.Text("code"));
    }

    [Fact]
    public async Task RotatedSecret_IsInForceAtOnce()
    {
        await SendAsync(HttpMethod.Post, "/api/connections", Body("contoso"), HttpStatusCode.Created);

        await SendAsync(HttpMethod.Put, "/api/connections/contoso/secrets/ClientSecret", new JsonObject { ["value"] = "rotated" }, HttpStatusCode.OK);
        await SendAsync(HttpMethod.Put, "/api/connections/contoso/secrets/Url", new JsonObject { ["value"] = "rotated" }, HttpStatusCode.BadRequest);

        (Current("contoso")!["ClientSecret"], Current("contoso")!["Url"]).Should().Be(("rotated", "http://127.0.0.1:9"));
    }

    [Fact]
    public async Task Delete_RunUnderWay_IsRefusedUntilItEnds()
    {
        await using var crm = await HeldCrm.StartAsync();
        var values = new JsonObject(crm.Settings.Where(s => !s.Key.EndsWith(":Kind", StringComparison.Ordinal)).Select(s => KeyValuePair.Create(s.Key.Split(':')[^1], (JsonNode?)s.Value)));
        await SendAsync(HttpMethod.Post, "/api/connections", new JsonObject { ["name"] = "sink", ["kind"] = "dataverse", ["values"] = values }, HttpStatusCode.Created);
        var flow = Flow("sink");
        flow["root"]!["activities"]!.AsArray().RemoveAt(0);
        await _client.SaveAsync(flow, publish: true);
        await SendAsync(HttpMethod.Post, "/elsa/api/workflow-definitions/uses/dispatch", [], HttpStatusCode.OK);
        await crm.UntilUnderWayAsync(1);
        (await _client.DeleteAsync("/elsa/api/workflow-definitions/uses")).EnsureSuccessStatusCode();

        var error = (await SendAsync(HttpMethod.Delete, "/api/connections/sink", null, HttpStatusCode.Conflict)).GetProperty("error");

        error.Text("message").Should().Contain("Leads (uses)");
        crm.Open();
        await Eventually.UntilAsync(async () => (await _client.DeleteAsync("/api/connections/sink")).StatusCode == HttpStatusCode.NoContent, "the connection may go");
    }

    [Fact]
    public void Find_AfterConfigurationWasLoadedAgain_GivesWhatItSaysNow()
    {
        Current("fixed")!["Scope"].Should().BeNull();
        var configuration = _server.Services.GetRequiredService<IConfiguration>();

        configuration["FlowLite:Connections:fixed:Scope"] = "all";
        ((IConfigurationRoot)configuration).Reload();

        Current("fixed")!["Scope"].Should().Be("all");
        Current("fixed")!["Url"].Should().Be("http://127.0.0.1:9");
        Current("fixed").Should().BeSameAs(Current("fixed"), "it is read once");
    }

    [Fact]
    public async Task Publish_ConnectionOrTableMissing_IsRefusedAtTheActivitysPath()
    {
        var missing = await RefusedAsync(Flow("contoso"));
        missing.Should().Contain("There is no connection 'contoso'").And.Contain("embedded, fixed, over").And.Contain("/root/activities/1/connection");

        await _client.GetAsync("/elsa/api/descriptors/activities");
        (await RefusedAsync(Flow("embedded", "unicorns"))).Should().Contain("no table 'unicorns'").And.Contain("/root/activities/1/entity");
        await _client.SaveAsync(Flow("embedded"), publish: true);
    }

    [Fact]
    public async Task DeleteAndRename_InUse_AreRefusedWithTheFlows_UntilNoneIs()
    {
        var made = await SendAsync(HttpMethod.Post, "/api/connections", Body("contoso"), HttpStatusCode.Created);
        await _client.SaveAsync(Flow("contoso"), publish: true);

        foreach (var (method, body) in new[] { (HttpMethod.Delete, null), (HttpMethod.Put, Body("fabrikam")) })
        {
            var error = (await SendAsync(method, "/api/connections/contoso", body, HttpStatusCode.Conflict)).GetProperty("error");
            error.Text("code").Should().Be("ConnectionInUse");
            error.Text("message").Should().Contain("Leads (uses)");
        }

        (await _client.DeleteAsync("/elsa/api/workflow-definitions/uses")).EnsureSuccessStatusCode();
        var renamed = await SendAsync(HttpMethod.Put, "/api/connections/contoso", Body("fabrikam"), HttpStatusCode.OK);
        (renamed.Text("id"), renamed.Text("name")).Should().Be((made.Text("id"), "fabrikam"));
        await SendAsync(HttpMethod.Delete, "/api/connections/" + made.Text("id"), null, HttpStatusCode.NoContent);
        (await NamesAsync()).Should().Equal("embedded", "fixed", "over");
    }

    [Fact]
    public async Task Create_OfANameThatConfigurationMakesAlone_IsRefused()
    {
        Configure(("file:Kind", "sqlite"), ("file:File", Path.Combine(_server.DataDirectory, "leads.db")));

        var answer = await SendAsync(HttpMethod.Post, "/api/connections", Body("file"), HttpStatusCode.Conflict);

        answer.ToString().Should().Contain("ConnectionExists").And.Contain("configuration");
    }

    [Theory]
    [InlineData("typo:Kind", "dynamics", "There is no kind 'dynamics'")]
    [InlineData("fixed:Ulr", "http://127.0.0.1:9", "no such field")]
    [InlineData("nowhere:ClientId", "a", "its URL is missing")]
    [InlineData("fixed:ClientId", "a", "its token URL is missing")]
    public async Task Configuration_ThatIsWrong_IsToldByTheApiAndThePage(string setting, string value, string problem)
    {
        Configure((setting, value));

        var connection = await SendAsync(HttpMethod.Get, $"/api/connections/{setting.Split(':')[0]}", null, HttpStatusCode.OK);

        if (setting == "typo:Kind")
        {
            (await SendAsync(HttpMethod.Post, "/api/connections", Body("typo"), HttpStatusCode.BadRequest)).ToString().Should().Contain(problem);
        }

        connection.GetProperty("problems").EnumerateArray().Select(p => p.GetString()).Should().ContainMatch($"*{problem}*");
    }

    private void Configure(params (string Setting, string Value)[] settings)
    {
        var configuration = _server.Services.GetRequiredService<IConfiguration>();
        foreach (var (setting, value) in settings)
        {
            configuration[$"FlowLite:Connections:{setting}"] = value;
        }

        ((IConfigurationRoot)configuration).Reload();
    }

    [Fact]
    public async Task DeleteAndRename_ConfigurationOnlyOverridesIt_AreRefusedWhileInUse()
    {
        await SendAsync(HttpMethod.Post, "/api/connections", Body("over"), HttpStatusCode.Created);
        await _client.SaveAsync(Flow("over"), publish: true);

        await SendAsync(HttpMethod.Delete, "/api/connections/over", null, HttpStatusCode.Conflict);
        await SendAsync(HttpMethod.Put, "/api/connections/over", Body("fabrikam"), HttpStatusCode.Conflict);

        var configuration = _server.Services.GetRequiredService<IConfiguration>();
        foreach (var (name, value) in new[] { ("TokenUrl", "http://127.0.0.1:7/token"), ("ClientId", "app"), ("ClientSecret", Secret) })
        {
            configuration[$"FlowLite:Connections:over:{name}"] = value;
        }

        ((IConfigurationRoot)configuration).Reload();
        await SendAsync(HttpMethod.Delete, "/api/connections/over", null, HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Publish_ConnectionThatCannotBeUsed_IsRefused() =>
        (await RefusedAsync(Flow("fixed"))).Should().Contain("The connection 'fixed' can't be used").And.Contain("/root/activities/1/connection");

    [Fact]
    public async Task Update_OverriddenFieldLeftOut_KeepsWhatIsStored()
    {
        await SendAsync(HttpMethod.Post, "/api/connections", Body("over"), HttpStatusCode.Created);
        var body = Body("over");
        body["values"]!.AsObject().Remove("Url");

        await SendAsync(HttpMethod.Put, "/api/connections/over", body, HttpStatusCode.OK);

        var stored = _server.Services.GetRequiredService<FlowLite.Server.Crm.StoredConnections>();
        stored.Find("over")!.Settings["Url"].Should().Be("http://127.0.0.1:9", "the form doesn't show it while configuration sets another one");
    }

    private FlowLite.Activities.Crm.ConnectionSettings? Current(string name) => _server.Services.GetRequiredService<ConnectionCatalog>().Find(name);

    private static JsonObject Body(string name) => new()
    {
        ["name"] = name,
        ["kind"] = "dataverse",
        ["values"] = new JsonObject { ["Url"] = "http://127.0.0.1:9", ["TokenUrl"] = "http://127.0.0.1:9/token", ["ClientId"] = "app", ["ClientSecret"] = Secret },
    };

    private static JsonObject Flow(string connection, string entity = "leads") => (JsonObject)JsonNode.Parse($$"""
        { "definitionId": "uses", "name": "Leads", "root": { "id": "flow", "type": "Elsa.Sequence", "version": 1, "name": "Flow", "activities": [
          { "id": "request", "type": "FlowLite.HttpRequest", "version": 1, "name": "Request" },
          { "id": "create", "type": "FlowLite.CreateRecord", "version": 1, "name": "Create", "connection": "{{connection}}", "entity": "{{entity}}",
            "fields": { "lastname": { "typeName": "String", "expression": { "type": "Literal", "value": "Ann" } } } } ] } }
        """)!;

    private async Task<string> RefusedAsync(JsonObject flow)
    {
        using var answer = await _client.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = flow.DeepClone(), ["publish"] = true });
        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return string.Join('\n', json.RootElement.GetProperty("errors").EnumerateObject().SelectMany(e => e.Value.EnumerateArray()).Select(e => e.GetString()));
    }

    private async Task<IEnumerable<string>> NamesAsync() =>
        (await _client.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("value").EnumerateArray().Select(c => c.Text("name"));

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, JsonObject? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await _client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(expected, text);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }
}
