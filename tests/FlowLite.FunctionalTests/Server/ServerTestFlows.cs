using System.Text.Json.Nodes;

namespace FlowLite.FunctionalTests.Server;

/// <summary>Definitions made by hand for tests.</summary>
internal static class ServerTestFlows
{
    public const string Schema = "https://elsaworkflows.io/schemas/workflow-definition/v3.0.0/schema.json";

    /// <summary>A trigger and a line to log, which runs.</summary>
    public static JsonObject Small(string? id, string name = "Small", string text = "Hello") => (JsonObject)JsonNode.Parse($$"""
        {
          "definitionId": {{(id is null ? "null" : $"\"{id}\"")}},
          "name": "{{name}}",
          "root": {
            "id": "flow", "type": "Elsa.Flowchart", "version": 1, "name": "Flowchart1",
            "activities": [
              { "id": "request", "type": "FlowLite.HttpRequest", "version": 1, "name": "Request" },
              { "id": "log", "type": "Elsa.WriteLine", "version": 1, "name": "Log",
                "text": { "typeName": null, "expression": { "type": "Scriban", "value": "{{text}}" }, "memoryReference": null } }
            ],
            "connections": [ { "source": { "activity": "request", "port": "Done" }, "target": { "activity": "log", "port": "In" } } ]
          }
        }
        """)!;

    /// <summary>What Elsa 3 exports look like, with things in it that are unknown here.</summary>
    public static JsonObject Foreign(string id) => (JsonObject)JsonNode.Parse($$"""
        {
          "$schema": "{{Schema}}",
          "id": "eecd5571ec78be6",
          "definitionId": "{{id}}",
          "name": "Ünïcode \u003c>& 名前 😀",
          "description": null,
          "createdAt": "2020-01-02T03:04:05.678+00:00",
          "version": 17,
          "toolVersion": "3.5.0.0",
          "variables": [ { "id": "v1", "name": "Body", "typeName": "Object", "isArray": false, "storageDriverTypeName": "X.Y, Z" } ],
          "inputs": [ { "type": "Int32", "name": "A", "displayName": "A", "description": "", "category": "" } ],
          "outputs": [],
          "outcomes": [ "Yes" ],
          "customProperties": { "anything": [ 1, 1.0, 1e2, 12345678901234567890.123456789, null, { "deep": [ [ [ ] ] ] } ] },
          "isReadonly": false,
          "isSystem": false,
          "isLatest": true,
          "isPublished": true,
          "options": { "autoUpdateConsumingWorkflows": false, "commitStrategyName": "CommitNever", "unknown": "kept" },
          "somethingNew": { "id": "x", "type": "Not.AnActivity", "n": 0.10 },
          "root": {
            "id": "flow1", "nodeId": "Workflow1:flow1", "type": "Elsa.Flowchart", "version": 1, "name": null,
            "customProperties": { "notFoundConnections": [] }, "metadata": {},
            "activities": [
              { "id": "http1", "name": "R", "type": "FlowLite.HttpRequest", "version": 1,
                "schema": { "id": "http://example.com/example.json", "type": "object", "properties": { "A": { "id": "/properties/A", "type": "string" } } },
                "customProperties": { "canStartWorkflow": true, "commitStrategyName": "CommitNever", "odd": { "id": "a", "type": "B.C" } } },
              { "id": "if1", "name": "If1", "type": "Elsa.If", "version": 1,
                "condition": { "expression": { "type": "Literal", "value": true } },
                "then": { "id": "inner", "name": "I", "type": "Elsa.WriteLine", "version": 1, "text": { "typeName": "String", "expression": { "type": "Literal", "value": "x" }, "memoryReference": { "id": "m" } } } },
              { "id": "alien", "name": "Al", "type": "Contoso.Switch", "version": 3, "special": [ 1, "two", { "three": 3.00 } ],
                "cases": [ { "label": "a", "condition": { "type": "JavaScript", "value": "1" }, "activity": { "id": "c1", "type": "Contoso.Thing", "version": 1,
                  "body": { "id": "c2", "type": "Elsa.Sequence", "version": 1, "activities": [ { "id": "c3", "type": "Elsa.WriteLine", "version": 1 } ] } } } ],
                "default": { "id": "d1", "type": "Elsa.Finish", "version": 1 } }
            ],
            "connections": [ { "source": { "activity": "http1", "port": "Done" }, "target": { "activity": "if1", "port": "In" }, "vertices": [ { "x": 0, "y": 0.5 } ] } ]
          }
        }
        """)!;
}
