using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities.Crm;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Data.Sqlite;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>Who has to act on a failure, in the same word from the connector to the API.</summary>
public sealed class FailureOwnerTests
{
    [Theory]
    [InlineData("Anything", """{"status":503,"actBy":"author"}""", FailureOwner.Author)]
    [InlineData("Timeout", """{"actBy":"administrator"}""", FailureOwner.Administrator)]
    [InlineData("Http400", """{"status":400,"actBy":"crm"}""", FailureOwner.Crm)]
    [InlineData("Http403", """{"status":403}""", FailureOwner.Administrator)]
    [InlineData("Http503", """{"status":503,"actBy":"nobody"}""", FailureOwner.Crm)]
    [InlineData("Http404", """{"status":404}""", FailureOwner.Author)]
    [InlineData("SignInRefused", "null", FailureOwner.Administrator)]
    [InlineData("ConnectionDown", "[]", FailureOwner.Crm)]
    [InlineData("FieldInvalid", "{}", FailureOwner.Author)]
    public void Of_AFailure_IsWhoItsDetailsSayElseAsItsCodeAndStatus(string code, string details, FailureOwner owner) =>
        FailureOwners.Of(code, JsonElement.Parse(details)).Should().Be(owner);

    [Theory]
    [InlineData("CREATE TABLE leads(k text PRIMARY KEY, name text CHECK (length(name) > 9))", "Sqlite19", "author")]
    [InlineData("CREATE TABLE leads(k text, name text)", "Sqlite1", "administrator")]
    [InlineData(null, "ConnectionFailed", "crm")]
    public async Task Run_ThatFailed_SaysWhoHasToAct(string? sql, string code, string actBy)
    {
        var folder = Directory.CreateTempSubdirectory("flowlite-owner-").FullName;
        var file = Path.Combine(folder, "crm.db");
        if (sql is not null)
        {
            await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }

        await using (var server = await TestServer.StartAsync("FlowLite:Connections:db:Kind=sqlite", $"FlowLite:Connections:db:File={file}", "FlowLite:Connections:db:KeyColumn=k"))
        {
            using var client = await server.SignInAsync();
            var flow = ServerTestFlows.Small("owner");
            flow["root"]!["activities"] = JsonNode.Parse("""
                [ { "id": "create", "type": "FlowLite.CreateRecord", "version": 1, "name": "Create", "connection": "db", "entity": "leads",
                    "fields": { "name": { "expression": { "type": "Literal", "value": "short" } } }, "customProperties": { "resilienceStrategy": { "type": "none" } } } ]
                """);
            flow["root"]!["connections"] = new JsonArray();
            await client.SaveAsync(flow, publish: true);
            (await client.PostAsJsonAsync("/elsa/api/workflow-definitions/owner/dispatch", new { })).EnsureSuccessStatusCode();

            JsonElement run = default;
            await Eventually.UntilAsync(async () =>
            {
                var runs = (await client.GetFromJsonAsync<JsonElement>("/api/flows/owner/runs")).GetProperty("value");
                run = runs.GetArrayLength() > 0 ? runs[0] : default;
                return run.ValueKind == JsonValueKind.Object && run.Text("status") == "Failed";
            }, "the run's end");
            var details = await client.GetFromJsonAsync<JsonElement>($"/api/flows/owner/runs/{run.Text("id")}");
            foreach (var error in new[] { details.GetProperty("incidents")[0].GetProperty("error"), details.GetProperty("error") })
            {
                (error.Text("code"), error.Text("actBy")).Should().Be((code, actBy));
            }

            run.GetProperty("error").TryGetProperty("actBy", out _).Should().BeFalse("a list doesn't know it");
        }

        SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }
}
