using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlowLite.Server.Replay;

namespace FlowLite.FunctionalTests.Replay;

/// <summary>A folder of flows with cases, and what replaying it gives.</summary>
internal sealed partial class ReplayFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("flowlite-replay-").FullName;

    public string Root => _root;

    /// <summary>Answers each lead of <c>[["a","b"],["c"]]</c> with a record, then the caller.</summary>
    public static string LoopFlow => Flow("loops", """
        {
          "id": "groups", "type": "Elsa.ForEach", "name": "Groups", "items": <<{{ trigger.body }}>>,
          "body": {
            "id": "leads", "type": "Elsa.ForEach", "name": "Leads", "items": <<{{ item }}>>,
            "body": {
              "id": "create", "type": "FlowLite.CreateRecord", "name": "Create", "entity": { "expression": { "type": "Literal", "value": "leads" } },
              "fields": { "lastname": <<{{ item }}>> }
            }
          }
        },
        { "id": "line", "type": "Elsa.WriteLine", "name": "Line", "text": <<{{ trigger.queries.who }} sent {{ trigger.headers["X-Count"] }}>> },
        { "id": "answer", "type": "FlowLite.Response", "name": "Answer", "statusCode": <<201>>, "headers": <<{"X-Kind":"lead"}>>, "body": <<{{ trigger.body[0] }}>> }
        """);

    /// <summary>Waits for the body's <c>wait</c>, then answers the caller.</summary>
    public static string WaitFlow => Flow("waits", """
        { "id": "wait", "type": "Elsa.Delay", "name": "Wait", "timeSpan": <<{{ trigger.body.wait }}>> },
        { "id": "answer", "type": "FlowLite.Response", "name": "Answer", "body": <<done>> }
        """);

    /// <summary>Creates one record.</summary>
    public static string LeadFlow => Flow("leads", """
        {
          "id": "create", "type": "FlowLite.CreateRecord", "name": "Create", "entity": { "expression": { "type": "Literal", "value": "leads" } },
          "fields": { "lastname": <<{{ trigger.body.name }}>>, "jobtitle": <<{{ trigger.body.title }}>> }
        }
        """);

    /// <param name="activities">JSON, with Scriban expressions written as <c>&lt;&lt;text&gt;&gt;</c>.</param>
    public static string Flow(string id, string activities) => $$"""
        {
          "definitionId": "{{id}}",
          "root": {
            "id": "root", "type": "Elsa.Sequence", "name": "Main",
            "activities": [
              { "id": "request", "type": "FlowLite.HttpRequest", "name": "Request", "customProperties": { "canStartWorkflow": true } },
              {{Expressions(activities)}}
            ]
          }
        }
        """;

    /// <summary>A case of <see cref="LeadFlow"/> that passes, changed as said.</summary>
    public static string LeadCase(Action<JsonNode>? change = null)
    {
        var @case = JsonNode.Parse("""
            {
              "description": "A lead",
              "request": { "body": { "name": "Ann", "title": null } },
              "connectors": {
                "Create": [
                  { "failure": { "code": "Http503", "message": "down", "retryable": true } },
                  { "created": { "recordId": "r1" } }
                ]
              },
              "expect": {
                "status": "Succeeded",
                "activities": { "Create": { "status": "Succeeded", "attempts": 2, "outputs": { "recordId": "r1" } } },
                "records": [ { "connection": "embedded", "entity": "leads", "fields": { "lastname": "Ann" } } ],
                "log": [],
                "response": { "status": 202 },
                "elapsed": "PT7S",
                "incidents": []
              }
            }
            """)!;
        change?.Invoke(@case);
        return @case.ToJsonString();
    }

    public ReplayFolder With(string flow, string definition, params string[] cases)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, flow));
        File.WriteAllText(Path.Combine(folder.FullName, "flow.json"), definition);
        for (var i = 0; i < cases.Length; i++)
        {
            folder.CreateSubdirectory("cases");
            File.WriteAllText(Path.Combine(folder.FullName, "cases", $"case-{i + 1}.json"), cases[i]);
        }

        return this;
    }

    public Task<(int ExitCode, string Output)> ReplayAsync(params string[] more) => RunAsync([_root, .. more]);

    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        return (await ReplayCommand.RunAsync(args, output), output.ToString());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static string Expressions(string json) => Expression().Replace(json, match =>
        $$"""{ "expression": { "type": "Scriban", "value": {{JsonValue.Create(match.Groups[1].Value).ToJsonString()}} } }""");

    [GeneratedRegex("<<(.*?)>>")]
    private static partial Regex Expression();
}
