using System.Text.Json;
using FlowLite.FunctionalTests.Crm;

namespace FlowLite.FunctionalTests.Npm;

/// <summary>The embedded CRM's Web API as a Dataverse client library understands it that others wrote (dynamics-web-api).</summary>
public sealed class DataverseClientTests(CrmHost crm) : IClassFixture<CrmHost>
{
    [Fact]
    public async Task DynamicsWebApi_EachOfItsCalls_IsAnsweredAsItExpects()
    {
        var token = crm.Client.DefaultRequestHeaders.Authorization!.Parameter!;

        var said = JsonElement.Parse(await NpmPackages.RunAsync("dataverse.mjs", new Uri(crm.Address, "/crm").AbsoluteUri, token));

        said.EnumerateObject().Where(step => !Expected.ContainsKey(step.Name) && step.Value.ValueKind == JsonValueKind.Object && step.Value.TryGetProperty("failed", out _))
            .Should().BeEmpty(said.ToString());
        Guid.TryParse(said.GetProperty("create").GetString(), out _).Should().BeTrue();
        foreach (var (step, expected) in Expected)
        {
            var actual = said.GetProperty(step);
            var text = actual.ValueKind == JsonValueKind.Object && actual.TryGetProperty("failed", out var failed) ? $"failed {failed.GetProperty("status")}" : actual.GetRawText();
            text.Should().Be(expected, $"{step}: {actual}");
        }

        var retrieved = said.GetProperty("retrieve");
        (retrieved.GetProperty("subject").GetString(), retrieved.GetProperty("leadsourcecode").GetInt32()).Should().Be(("first", 8));
        said.GetProperty("createAndRead").GetProperty("lastname").GetString().Should().Be("Two");
    }

    private static readonly Dictionary<string, string> Expected = new()
    {
        ["upsertNew"] = "\"upserted\"",
        ["upsertAgain"] = "\"upserted again\"",
        // The library makes null of the refusals that a condition means.
        ["upsertOnlyNew"] = "null",
        ["upsertOnlyOld"] = "null",
        ["retrieveMultiple"] = """{"count":3,"subjects":["changed","second","upserted again"]}""",
        ["top"] = """["upserted again"]""",
        ["page"] = """[["changed","second"],["upserted again"],null]""",
        ["all"] = "3",
        ["count"] = "3",
        ["countFiltered"] = "1",
        ["etag"] = "null",
        ["afterDeleteProperty"] = "null",
        ["retrieveDeleted"] = "failed 404",
        ["unknownColumn"] = "failed 400",
        ["entities"] = """["account","contact","lead"]""",
        ["entity"] = """["leads",true]""",
        ["attribute"] = "10",
        ["attributes"] = "50",
        ["csdl"] = "true",
        ["whoAmI"] = "\"string\"",
    };
}
