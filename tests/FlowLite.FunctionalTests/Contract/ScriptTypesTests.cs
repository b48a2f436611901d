using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Server;

namespace FlowLite.FunctionalTests.Contract;

[Collection(ContractServerCollection.Name)]
public sealed class ScriptTypesTests(ContractServer server)
{
    [Fact]
    public async Task TypeDefinitions_OfAFlow_DeclareItsNames()
    {
        var flow = ServerTestFlows.Small("typed");
        flow["variables"] = JsonNode.Parse("""
            [ { "id": "v1", "name": "Best offer", "typeName": "Int32", "isArray": true }, { "id": "v2", "name": "it's \"odd\"", "typeName": "String" }, { "id": "v3", "name": "…" } ]
            """);
        flow["inputs"] = JsonNode.Parse("""[ { "name": "Region", "type": "String", "displayName": "Region", "description": "", "category": "" }, { "name": "my input", "type": "String" } ]""");
        await server.Client.SaveAsync(flow);

        var types = await TypesAsync("typed");

        types.Should().Contain("""    "Best offer": number[];""")
            .And.Contain("""    "it\u0027s \u0022odd\u0022": string;""")
            .And.Contain("declare function getBestOffer(): number[];")
            .And.Contain("declare function setBestOffer(value: number[]): void;")
            .And.Contain("""    "Region": string;""")
            .And.Contain("declare function getRegion(): string;")
            .And.NotContain("getmy input")
            .And.Contain("""    "Request": { status: string; outputs: { "Headers": any; "Queries": any; "Path": any; "Body": any; } };""")
            .And.Contain("declare function getBodyFromRequest(): any;");
    }

    [Fact]
    public async Task TypeDefinitions_OfAFlowThatWasNeverSaved_DeclareWhatAllHave()
    {
        var types = await TypesAsync("nobody/knows");

        types.Should().Contain("declare const trigger:").And.Contain("declare function getVariable(name: string): any;").And.Contain("declare const variables: {\n};");
    }

    private async Task<string> TypesAsync(string definitionId)
    {
        using var answer = await server.Client.PostAsJsonAsync(
            $"/elsa/api/scripting/javascript/type-definitions/{Uri.EscapeDataString(definitionId)}", new { activityTypeName = "Elsa.SetVariable", propertyName = "value" });
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/x-typescript");
        return await answer.Content.ReadAsStringAsync();
    }
}
