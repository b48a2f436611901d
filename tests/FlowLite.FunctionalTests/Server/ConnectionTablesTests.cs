using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;
using Microsoft.Data.Sqlite;

namespace FlowLite.FunctionalTests.Server;

/// <summary>What is known of a connection's tables follows the connection.</summary>
public sealed class ConnectionTablesTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowlite-tables-").FullName;
    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Update_OfDescribedTables_ChangesTheFormsAtOnce()
    {
        await SaveAsync(HttpMethod.Post, "/api/connections", "rest", Rest("city"));
        (await InputsAsync("leads")).Should().Equal("city");

        await SaveAsync(HttpMethod.Put, "/api/connections/crm", "rest", Rest("town"));

        (await InputsAsync("leads")).Should().Equal("town");
    }

    [Fact]
    public async Task Update_ToAnotherDatabase_ShowsTheTablesOfThatOne()
    {
        await ExecuteAsync("one.db", "CREATE TABLE leads(name text)");
        await ExecuteAsync("two.db", "CREATE TABLE leads(title text)");
        await SaveAsync(HttpMethod.Post, "/api/connections", "sqlite", File("one.db"));
        (await InputsAsync("leads")).Should().Equal("name");

        await SaveAsync(HttpMethod.Put, "/api/connections/crm", "sqlite", File("two.db"));

        (await InputsAsync("leads")).Should().Equal("title");
    }

    [Fact]
    public async Task Update_OfHowCallsAreMade_KeepsTheFormsWhileTheCrmIsAway()
    {
        await ExecuteAsync("one.db", "CREATE TABLE leads(name text)");
        await SaveAsync(HttpMethod.Post, "/api/connections", "sqlite", File("one.db"));
        (await InputsAsync("leads")).Should().Equal("name");
        SqliteConnection.ClearAllPools();
        System.IO.File.Move(Path.Combine(_folder, "one.db"), Path.Combine(_folder, "away.db"));

        var changed = File("one.db");
        (changed["CallsAtOnce"], changed["WithoutKey"]) = ("3", "at-most-once");
        await SaveAsync(HttpMethod.Put, "/api/connections/crm", "sqlite", changed);
        await _server.RestartAsync();
        _client = await _server.SignInAsync();

        (await InputsAsync("leads")).Should().Equal("name");
    }

    [Fact]
    public async Task Update_ToADatabaseThatIsAway_KeepsTheFormsUntilItAnswers()
    {
        await ExecuteAsync("one.db", "CREATE TABLE leads(name text)");
        await SaveAsync(HttpMethod.Post, "/api/connections", "sqlite", File("one.db"));
        (await InputsAsync("leads")).Should().Equal("name");

        await SaveAsync(HttpMethod.Put, "/api/connections/crm", "sqlite", File("two.db"));

        (await InputsAsync("leads")).Should().Equal("name");
        await ExecuteAsync("two.db", "CREATE TABLE leads(title text)");
        (await _client.PostAsync("/api/connections/crm/test", null)).EnsureSuccessStatusCode();
        await Eventually.UntilAsync(async () => (await InputsAsync("leads")).SequenceEqual(["title"]), "the other database's columns");
    }

    [Fact]
    public async Task Test_ThatSucceeds_AsksForTheTablesAnew()
    {
        await ExecuteAsync("one.db", "CREATE TABLE leads(name text)");
        await SaveAsync(HttpMethod.Post, "/api/connections", "sqlite", File("one.db"));
        (await InputsAsync("leads")).Should().Equal("name");
        await ExecuteAsync("one.db", "ALTER TABLE leads ADD COLUMN title text");
        (await InputsAsync("leads")).Should().Equal("name");

        (await _client.PostAsync("/api/connections/crm/test", null)).EnsureSuccessStatusCode();

        await Eventually.UntilAsync(async () => (await InputsAsync("leads")).Count == 2, "the new column");
        (await InputsAsync("leads")).Should().Equal("name", "title");
    }

    private static JsonObject Rest(string column) => new()
    {
        ["Url"] = "http://127.0.0.1:9",
        ["SignIn"] = "none",
        ["TestPath"] = "/me",
        ["Tables"] = $$$"""{"leads":{"create":{"path":"/leads"},"fields":[{"name":"{{{column}}}"}]}}""",
    };

    private JsonObject File(string name) => new() { ["File"] = Path.Combine(_folder, name) };

    private async Task ExecuteAsync(string file, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, file)}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private async Task SaveAsync(HttpMethod method, string url, string kind, JsonObject values)
    {
        using var request = new HttpRequestMessage(method, url) { Content = JsonContent.Create(new JsonObject { ["name"] = "crm", ["kind"] = kind, ["values"] = values.DeepClone() }) };
        using var answer = await _client.SendAsync(request);
        answer.IsSuccessStatusCode.Should().BeTrue(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The columns that the Studio's form asks for.</summary>
    private async Task<IReadOnlyList<string>> InputsAsync(string table)
    {
        var activities = await _client.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities");
        return [.. activities.GetProperty("items").EnumerateArray().Where(activity => activity.Text("typeName") == $"FlowLite.CreateRecord.crm.{table}")
            .SelectMany(form => form.GetProperty("inputs").EnumerateArray()).Where(input => input.Text("name").StartsWith("Field", StringComparison.Ordinal)).Select(input => input.Text("displayName"))];
    }
}
