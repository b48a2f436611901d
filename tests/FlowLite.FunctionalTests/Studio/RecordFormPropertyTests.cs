using System.Text.Json;
using CsCheck;
using FlowLite.FunctionalTests.Contract;
using FlowLite.Server.Studio;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Studio;

/// <summary>The law of record forms: what was read and not changed is stored as it was.</summary>
[Collection(ContractServerCollection.Name)]
public sealed class RecordFormPropertyTests(ContractServer server)
{
    private static readonly Gen<string> Column = Gen.OneOf(
        "subject", "lastname", "description", "leadsourcecode", "donotemail", "numberofemployees", "address1_latitude", "estimatedclosedate", "statuscode",
        "leadid", "createdon", "new_unheard", "Custom__c", "s", "ünïcode name", "", "a/b~c", "x-y");

    private static readonly Gen<string> Value = Gen.OneOf(
        "\"\"", "\"x\"", "\"8\"", "\"True\"", "\"false\"", "\"-1.5\"", "\" 8\"", "\"{{ trigger.body.A }}\"", "\"\\u00e9\\n\"", "8", "8.0", "-1.50e2", "99", "true", "false", "null", "[1]", "{\"a\":1}");

    private static readonly Gen<string> Input = Gen.Select(
        Value, Gen.OneOf("Literal", "Scriban", "Object", "Variable"), Gen.OneOf("\"String\"", "\"Int32\"", "null"), Gen.Int[0, 9],
        (value, type, typeName, shape) => shape switch
        {
            0 => value,
            1 => $$"""{"expression":{"type":"{{type}}"} }""",
            2 => "{\"expression\":null}",
            3 => $$"""{"expression":{"value":{{value}} },"more":1}""",
            4 => $$"""{"typeName":{{typeName}},"expression":{"type":"{{type}}","value":{{value}},"more":[1.0]},"memoryReference":{"id":"m"} }""",
            _ => $$"""{"typeName":{{typeName}},"expression":{"type":"{{type}}","value":{{value}} } }""",
        });

    private static readonly Gen<string> Activity = Gen.Select(
        Gen.OneOf("\"embedded\"", "null", "", """{"typeName":"String","expression":{"type":"Literal","value":"embedded"}}""", """{"expression":{"type":"Scriban","value":"embedded"}}""", "\"gone\"", "7"),
        Gen.OneOf("\"lead\"", "\"leads\"", "\"LEADS\"", "\"account\"", """{"expression":{"type":"Literal","value":"contact"}}""", "\"nope\"", "null", ""),
        Gen.Select(Column, Input).List[0, 6],
        Gen.OneOf("fields", "none", "null", "list"),
        Gen.OneOf("", ""","fieldsubject":1""", ""","recordForm":{"fields":{"subject":1}}""", ""","customProperties":{"a":{"fieldx":1}},"recordId":{"typeName":"String","memoryReference":{"id":"v"}}""", ""","field":[],"fieldX":null"""),
        Write);

    [Fact]
    public async Task FromStudio_OfWhatForStudioMade_IsTheDocument()
    {
        var documents = await DocumentsAsync();
        var forms = 0;
        Activity.Sample(
            activity =>
            {
                var document = Document(activity);
                var shown = documents.ForStudio(document);
                if (shown.GetRawText().Contains("FlowLite.CreateRecord.embedded.", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref forms);
                }

                return JsonElement.DeepEquals(documents.FromStudio(shown), documents.FromStudio(document));
            },
            iter: 3000);

        forms.Should().BeGreaterThan(200, "the law is easily kept by showing no forms");
    }

    [Fact]
    public async Task ForStudio_AnyRecord_HasADescriptor()
    {
        var known = (await server.ActivitiesAsync()).Select(activity => activity.GetProperty("typeName").GetString()).ToHashSet();
        var documents = await DocumentsAsync();

        Activity.Sample(
            activity => known.Contains(documents.ForStudio(Document(activity)).GetProperty("root").GetProperty("activities")[0].GetProperty("type").GetString()),
            iter: 1000);
    }

    private async Task<StudioDocuments> DocumentsAsync()
    {
        await server.ActivitiesAsync();
        return server.Server.Services.GetRequiredService<StudioDocuments>();
    }

    private static string Write(string connection, string entity, List<(string Column, string Input)> fields, string shape, string more)
    {
        var inputs = string.Join(',', fields.DistinctBy(field => field.Column).Select(field => $"{JsonSerializer.Serialize(field.Column)}:{field.Input}"));
        var members = shape switch { "none" => "", "null" => ",\"fields\":null", "list" => ",\"fields\":[1]", _ => ",\"fields\":{" + inputs + "}" };
        var connectionMember = connection.Length == 0 ? "" : $",\"connection\":{connection}";
        var entityMember = entity.Length == 0 ? "" : $",\"entity\":{entity}";
        return $$"""{"id":"create","type":"FlowLite.CreateRecord","version":1,"name":"Create"{{connectionMember}}{{entityMember}}{{members}}{{more}}}""";
    }

    private static JsonElement Document(string activity) => JsonElement.Parse($$$"""
        {"definitionId":"d","name":"D","variables":[],"inputs":[],"outputs":[],"outcomes":[],"customProperties":{},"options":{},
         "root":{"id":"flow","type":"Elsa.Flowchart","version":1,"activities":[{{{activity}}}],"connections":[]} }
        """);
}
