using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>A flow with all that Elsa's Studio writes into a file, also where it says nothing.</summary>
public sealed class ExportedFlowTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task ExportOfElsa_ImportedAndPublished_RunsAsItIs()
    {
        await using var crm = await Receiver.StartAsync(201, """{"id":7}""");
        var file = Exported(new Uri(crm.Address, "/contacts"));
        using var imported = await host.Api.PostTextAsync($"{DefinitionsApi.Path}/import", file);
        imported.IsSuccessStatusCode.Should().BeTrue(await imported.Content.ReadAsStringAsync());
        using var published = await host.Api.PostTextAsync($"{DefinitionsApi.Path}/webinar-signups/publish", "{}");
        published.IsSuccessStatusCode.Should().BeTrue(await published.Content.ReadAsStringAsync());

        using var answer = await host.PostAsync("/workflows/signups/42", """{"person":{"first":"Zoë","mail":"zoe@contoso.com"},"tags":["a","b"]}""");

        var run = answer.Headers.GetValues("x-elsa-workflow-instance-id").Single();
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((202, $$"""{"taken":true,"run":"{{run}}","contact":7}"""));
        var request = crm.Requests.Should().ContainSingle().Subject;
        (request.Method, request.Url, request.Body).Should().Be(("POST", "/contacts", """{"webinar":"42","name":"Zoë","mail":"zoe@contoso.com","tags":"a,b"}"""));
        request.Headers.Should().Contain("Content-Type", "application/json").And.NotContainKey("Authorization");
        (await host.EndedRunAsync("webinar-signups", run)).GetProperty("status").GetString().Should().Be("Succeeded");
        host.Services.GetRequiredService<FlowCatalog>().Find("webinar-signups")!.Workflow!.Warnings.Should().ContainSingle().Which.Message.Should().Contain("'default-http'");
        var exported = JsonNode.Parse((await host.Api.ExportAsync("webinar-signups", "Published")).GetRawText())!;
        JsonNode.DeepEquals(exported["root"], JsonNode.Parse(file)!["root"]).Should().BeTrue("{0}", exported["root"]);
    }

    private static string Exported(Uri crm) => $$"""
        {
          "$schema": "https://elsaworkflows.io/schemas/workflow-definition/v3.0.0/schema.json",
          "id": "5f0c1d2e3b4a5968",
          "definitionId": "webinar-signups",
          "name": "Webinar sign-ups",
          "description": null,
          "createdAt": "2026-02-03T04:05:06.789012+00:00",
          "version": 3,
          "toolVersion": "3.8.0.0",
          "variables": [
            { "id": "v-body", "name": "Body", "typeName": "Object", "isArray": false, "storageDriverTypeName": "WorkflowInstanceStorageDriver" },
            { "id": "v-route", "name": "Route", "typeName": "ObjectDictionary", "isArray": false, "storageDriverTypeName": null },
            { "id": "v-contact", "name": "Contact", "typeName": "Object", "isArray": false, "value": null, "storageDriverTypeName": "Elsa.Workflows.MemoryStorageDriver, Elsa.Workflows.Core" }
          ],
          "inputs": [],
          "outputs": [],
          "outcomes": [],
          "customProperties": {},
          "isReadonly": false,
          "isSystem": false,
          "isLatest": true,
          "isPublished": true,
          "options": { "activationStrategyType": null, "usableAsActivity": null, "autoUpdateConsumingWorkflows": false, "activityCategory": null, "incidentStrategyType": null, "commitStrategyName": null },
          "root": {
            "id": "chart",
            "nodeId": "Workflow1:chart",
            "name": "Flowchart1",
            "type": "Elsa.Flowchart",
            "version": 1,
            "customProperties": { "notFoundConnections": [], "canStartWorkflow": false, "runAsynchronously": false },
            "metadata": {},
            "activities": [
              {
                "path": { "typeName": "String", "expression": { "type": "Literal", "value": "/signups/{webinar}" } },
                "supportedMethods": { "typeName": "List<String>", "expression": { "type": "Object", "value": "[\"POST\",\"PUT\"]" } },
                "authorize": { "typeName": "Boolean", "expression": { "type": "Literal", "value": false } },
                "policy": { "typeName": "String", "expression": { "type": "Literal" } },
                "requestTimeout": null,
                "requestSizeLimit": null,
                "fileSizeLimit": null,
                "allowedFileExtensions": { "typeName": "List<String>", "expression": { "type": "Object" } },
                "blockedFileExtensions": null,
                "allowedMimeTypes": null,
                "exposeRequestTooLargeOutcome": false,
                "exposeFileTooLargeOutcome": false,
                "exposeInvalidFileExtensionOutcome": false,
                "exposeInvalidFileMimeTypeOutcome": false,
                "parsedContent": { "typeName": "Object", "memoryReference": { "id": "v-body" } },
                "files": null,
                "file": null,
                "routeData": { "typeName": "IDictionary<String, Object>", "memoryReference": { "id": "v-route" } },
                "queryStringData": null,
                "headers": null,
                "result": null,
                "id": "signup",
                "nodeId": "Workflow1:chart:signup",
                "name": "HttpEndpoint1",
                "type": "Elsa.HttpEndpoint",
                "version": 1,
                "customProperties": { "canStartWorkflow": true, "runAsynchronously": false },
                "metadata": { "displayText": "A sign-up", "designer": { "position": { "x": -420.5, "y": 20 }, "size": { "width": 200, "height": 50 } } }
              },
              {
                "variable": { "id": "v-contact", "name": "Contact", "typeName": "Object", "storageDriverTypeName": "Elsa.Workflows.MemoryStorageDriver, Elsa.Workflows.Core" },
                "value": { "typeName": "Object", "expression": { "type": "JavaScript", "value": "const person = variables.Body.person;\nreturn {\n  webinar: getVariable('Route').webinar, name: person.first, mail: person.mail,\n  tags: getVariable('Body').tags.join(',')\n};" } },
                "id": "reshape",
                "nodeId": "Workflow1:chart:reshape",
                "name": "SetVariable1",
                "type": "Elsa.SetVariable",
                "version": 1,
                "customProperties": { "canStartWorkflow": false, "runAsynchronously": false },
                "metadata": { "designer": { "position": { "x": -160, "y": 20 }, "size": { "width": 200, "height": 50 } } }
              },
              {
                "expectedStatusCodes": { "typeName": "List<Int32>", "expression": { "type": "Object", "value": "[200,201]" } },
                "url": { "typeName": "UnregisteredClrType:System.Uri, System.Private.Uri", "expression": { "type": "Literal", "value": "{{crm}}" } },
                "method": { "typeName": "String", "expression": { "type": "Literal", "value": "POST" } },
                "content": { "typeName": "Object", "expression": { "type": "Variable", "value": { "id": "v-contact", "name": "Contact", "typeName": "Object" } } },
                "contentType": { "typeName": "String", "expression": { "type": "Literal", "value": "application/json" } },
                "authorization": { "typeName": "String", "expression": { "type": "Literal" } },
                "disableAuthorizationHeaderValidation": null,
                "requestHeaders": { "typeName": "HttpHeaders", "expression": { "type": "Literal", "value": "{}" } },
                "enableResiliency": null,
                "statusCode": null,
                "parsedContent": null,
                "responseHeaders": null,
                "result": null,
                "id": "send",
                "nodeId": "Workflow1:chart:send",
                "name": "FlowSendHttpRequest1",
                "type": "Elsa.FlowSendHttpRequest",
                "version": 1,
                "customProperties": {
                  "canStartWorkflow": false,
                  "runAsynchronously": false,
                  "resilienceStrategy": { "mode": "Identifier", "strategyId": "default-http", "expression": null }
                },
                "metadata": { "designer": { "position": { "x": 100, "y": 20 }, "size": { "width": 200, "height": 50 } } }
              },
              {
                "statusCode": { "typeName": "HttpStatusCode", "expression": { "type": "Literal", "value": "Accepted" } },
                "content": { "typeName": "Object", "expression": { "type": "JavaScript", "value": "return JSON.stringify({ taken: true, run: getWorkflowInstanceId(), contact: getOutputFrom('FlowSendHttpRequest1', 'ParsedContent').id });" } },
                "contentType": { "typeName": "String", "expression": { "type": "Literal", "value": "application/json" } },
                "responseHeaders": { "typeName": "HttpHeaders", "expression": { "type": "Literal", "value": "{}" } },
                "id": "answer",
                "nodeId": "Workflow1:chart:answer",
                "name": "WriteHttpResponse1",
                "type": "Elsa.WriteHttpResponse",
                "version": 1,
                "customProperties": { "canStartWorkflow": false, "runAsynchronously": false },
                "metadata": { "designer": { "position": { "x": 360, "y": 20 }, "size": { "width": 200, "height": 50 } } }
              }
            ],
            "variables": [],
            "connections": [
              { "source": { "activity": "signup", "port": "Done" }, "target": { "activity": "reshape", "port": "In" }, "vertices": [] },
              { "source": { "activity": "reshape", "port": "Done" }, "target": { "activity": "send", "port": "In" }, "vertices": [{ "x": 10, "y": 40.5 }] },
              { "source": { "activity": "send", "port": "200" }, "target": { "activity": "answer", "port": "In" }, "vertices": [] },
              { "source": { "activity": "send", "port": "201" }, "target": { "activity": "answer", "port": "In" }, "vertices": [] }
            ]
          }
        }
        """;
}
