using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>Every activity and every simple expression once, through the server.</summary>
public sealed class ActivitiesTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Flow = """
        {
          "definitionId": "everything", "name": "Everything",
          "inputs": [ { "name": "Region", "type": "String" } ],
          "variables": [ { "id": "v1", "name": "Names", "typeName": "Object", "value": "[]" }, { "id": "v2", "name": "Last", "typeName": "String", "value": "nobody" } ],
          "root": {
            "id": "flow", "type": "Elsa.Flowchart",
            "activities": [
              { "id": "request", "name": "Request", "type": "FlowLite.HttpRequest" },
              { "id": "set", "name": "Set", "type": "Elsa.SetVariable", "variable": { "id": "v1", "name": "Names", "typeName": "Object" },
                "value": { "typeName": "Object", "expression": { "type": "Json", "value": "[\"Ada\",\"Zoë\"]" } } },
              { "id": "loop", "name": "Loop", "type": "Elsa.ForEach", "items": { "typeName": "Object", "expression": { "type": "Variable", "value": { "id": "v1", "name": "Names", "typeName": "Object" } } },
                "body": { "id": "steps", "name": "Steps", "type": "Elsa.Sequence", "activities": [
                  { "id": "last", "name": "SetLast", "type": "Elsa.SetVariable", "variable": { "id": "v2" }, "value": { "expression": { "type": "Scriban", "value": "{{ item }}" } } },
                  { "id": "hello", "name": "Hello", "type": "Elsa.WriteLine", "text": { "expression": { "type": "Scriban", "value": "Hello {{ variables.Last }}" } } } ] } },
              { "id": "if", "name": "If", "type": "Elsa.If", "condition": { "expression": { "type": "Scriban", "value": "{{ trigger.body.yes }}" } },
                "then": { "id": "then", "name": "Then", "type": "Elsa.WriteLine", "text": { "expression": { "type": "Literal", "value": "{{ not a template }}" } } },
                "else": { "id": "else", "name": "Else", "type": "Elsa.WriteLine", "text": { "expression": { "type": "Literal", "value": "else" } } } },
              { "id": "delay", "name": "Delay", "type": "Elsa.Delay", "timeSpan": { "expression": { "type": "Literal", "value": "00:00:00.05" } } },
              { "id": "decision", "name": "Decision", "type": "Elsa.FlowDecision", "condition": { "expression": { "type": "Scriban", "value": "{{ variables.Last == 'Zoë' }}" } } },
              { "id": "object", "name": "Object", "type": "Elsa.SetVariable", "variable": { "id": "v1" }, "value": { "expression": { "type": "Object", "value": "{\"kept\":[1.50]}" } } },
              { "id": "input", "name": "Input", "type": "Elsa.SetVariable", "variable": { "id": "v2" }, "value": { "expression": { "type": "Input", "value": { "name": "Region" } } } },
              { "id": "result", "name": "Result", "type": "Elsa.WriteLine", "text": { "expression": { "type": "Scriban", "value": "{{ variables.Names }}/{{ variables.Last == null }}" } } },
              { "id": "finish", "name": "Finish", "type": "Elsa.Finish" },
              { "id": "never", "name": "Never", "type": "Elsa.WriteLine" },
              { "id": "fault", "name": "Fault", "type": "Elsa.Fault", "code": { "expression": { "type": "Literal", "value": "NotZoe" } }, "message": { "expression": { "type": "Scriban", "value": "It was {{ variables.Last }}." } } }
            ],
            "connections": [ "request:Done:set", "set:Done:loop", "loop:Done:if", "if:Done:delay", "delay:Done:decision", "decision:False:fault",
              "decision:True:object", "object:Done:input", "input:Done:result", "result:Done:finish", "finish:Done:never" ]
          }
        }
        """;

    [Fact]
    public async Task Run_FlowOfEveryActivity_TellsEachInItsHistory()
    {
        var run = await RunAsync("everything", static _ => { });

        run.Status().Should().Be("Succeeded");
        run.Action("Set").GetProperty("inputs").GetRawText().Should().Contain("Ada");
        Logs(run, "Hello").Should().Equal("Hello Ada", "Hello Zoë");
        run.Action("If").Status().Should().Be("Succeeded");
        Logs(run, "Then").Should().Equal("{{ not a template }}");
        run.Action("Else").Status().Should().Be("Skipped");
        run.Action("Decision").GetProperty("outcomes")[0].GetString().Should().Be("True");
        JsonElement.Parse(Logs(run, "Result").Single()!.Split('/')[0]).GetProperty("kept")[0].GetRawText().Should().Be("1.50");
        Logs(run, "Result").Single().Should().EndWith("/true", "nothing gave the input a value");
        run.Action("Finish").Status().Should().Be("Succeeded");
        run.Action("Never").Status().Should().Be("Skipped");
        foreach (var action in run.GetProperty("actions").EnumerateArray().Where(a => a.Status() == "Succeeded" && a.GetProperty("type").GetString() is not ("Elsa.If" or "Elsa.ForEach" or "Elsa.Sequence" or "Elsa.Flowchart")))
        {
            action.GetProperty("attempts").GetArrayLength().Should().Be(1, action.GetRawText());
        }
    }

    [Fact]
    public async Task Run_TakesTheFault_IsFailedWithItsCodeAndMessage()
    {
        var run = await RunAsync("faults", flow => flow["root"]!["activities"]![1]!["value"]!["expression"]!["value"] = """["Ada"]""");

        run.Status().Should().Be("Failed");
        run.Action("Fault").Status().Should().Be("Failed");
        run.GetProperty("error").GetProperty("code").GetString().Should().Be("NotZoe");
        run.GetProperty("error").GetProperty("message").GetString().Should().Be("It was Ada.");
    }

    private async Task<JsonElement> RunAsync(string id, Action<JsonNode> change)
    {
        var flow = JsonNode.Parse(Flow)!;
        flow["definitionId"] = id;
        flow["root"]!["connections"] = new JsonArray([.. flow["root"]!["connections"]!.AsArray().Select(c => ((string)c!).Split(':')).Select(ends => new JsonObject
        {
            ["source"] = new JsonObject { ["activity"] = ends[0], ["port"] = ends[1] },
            ["target"] = new JsonObject { ["activity"] = ends[2], ["port"] = "In" },
        })]);
        change(flow);
        await host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonSerializer.SerializeToElement(flow), publish: true);
        var published = host.Services.GetRequiredService<FlowCatalog>().Find(id)!;
        return await host.EndedRunAsync(id, await host.AcceptedAsync(published, """{"yes":true}"""));
    }

    private static IEnumerable<string?> Logs(JsonElement run, string name) => run.GetProperty("actions").EnumerateArray()
        .Where(a => a.GetProperty("name").GetString() == name)
        .SelectMany(a => a.GetProperty("log").EnumerateArray().Select(l => l.GetString()));
}
