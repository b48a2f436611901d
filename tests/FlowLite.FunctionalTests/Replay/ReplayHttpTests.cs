namespace FlowLite.FunctionalTests.Replay;

/// <summary>Flows that send requests replay without a network.</summary>
public sealed class ReplayHttpTests : IDisposable
{
    private const string Passing = """
        {
          "description": "The other side is away, then busy, then takes it",
          "request": { "body": { "name": "Ann" } },
          "connectors": {
            "Send": [
              { "failure": { "code": "ConnectionFailed", "message": "refused" } },
              { "answered": { "status": 503, "headers": { "Retry-After": "60" } } },
              { "answered": { "status": 201, "body": { "id": 7 } } }
            ]
          },
          "expect": {
            "status": "Succeeded",
            "activities": { "Line": { "status": "Succeeded" } },
            "requests": [ { "activity": "Send", "method": "POST", "url": "https://api.example/leads", "body": { "name": "Ann" } } ],
            "records": [],
            "log": ["made 7"],
            "elapsed": "PT1M7S"
          }
        }
        """;

    private static readonly string Flow = ReplayFolder.Flow("sends", """
        {
          "id": "send", "type": "Elsa.SendHttpRequest", "name": "Send", "url": <<https://api.example/leads>>, "method": <<POST>>, "content": <<{{ trigger.body }}>>,
          "expectedStatusCodes": [
            { "statusCode": 201, "activity": { "id": "line", "type": "Elsa.WriteLine", "name": "Line", "text": <<made {{ actions.Send.outputs.parsedContent.id }}>> } }
          ]
        }
        """);

    private readonly ReplayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Answers_OfRequests_AreGivenInOrder_AndTheRequestIsChecked()
    {
        var (exitCode, output) = await _folder.With("sends", Flow, Passing, Passing.Replace("\"name\": \"Ann\" } } ]", "\"name\": \"Bob\" } } ]", StringComparison.Ordinal)).ReplayAsync();

        output.Should().Contain("  ok    case-1").And.Contain("/expect/requests/0/body/name");
        exitCode.Should().Be(1);
    }

    [Fact]
    public async Task Endpoint_OfElsa_StartsTheRun_AndAnswersAsOnTheServer()
    {
        const string flow = """
            {
              "definitionId": "endpoint",
              "root": {
                "id": "root", "type": "Elsa.Sequence", "name": "Main",
                "activities": [
                  { "id": "e", "type": "Elsa.HttpEndpoint", "name": "Endpoint", "path": "leads/{source}", "supportedMethods": ["POST"], "customProperties": { "canStartWorkflow": true } },
                  { "id": "r", "type": "Elsa.WriteHttpResponse", "name": "Answer", "statusCode": "Accepted", "content": { "expression": { "type": "Scriban", "value": "{{ trigger.path.source }} {{ trigger.body.n }}" } } }
                ]
              }
            }
            """;
        const string passing = """
            {
              "description": "By the endpoint",
              "request": { "path": "leads/web%20site", "body": { "n": 1 } },
              "expect": { "status": "Succeeded", "response": { "status": 202, "headers": { "Content-Type": "text/plain" }, "body": "web site 1" } }
            }
            """;
        const string refused = """
            {
              "description": "Not its path",
              "request": { "path": "leads", "body": {} },
              "expect": { "refused": { "status": 404, "code": "NotFound" } }
            }
            """;

        var (exitCode, output) = await _folder.With("endpoint", flow, passing, refused).ReplayAsync();

        output.Should().Contain("  ok    case-1").And.Contain("  ok    case-2");
        exitCode.Should().Be(0, output);
    }

    [Fact]
    public async Task Answer_OfAnotherKind_OrMissing_FailsTheCase()
    {
        var (exitCode, output) = await _folder.With("sends", Flow,
            Passing.Replace("{ \"failure\": { \"code\": \"ConnectionFailed\", \"message\": \"refused\" } }", "{ \"created\": {} }", StringComparison.Ordinal),
            Passing.Replace("{ \"answered\": { \"status\": 201, \"body\": { \"id\": 7 } } }", "{ \"answered\": { \"status\": 500 } }", StringComparison.Ordinal)).ReplayAsync();

        output.Should().Contain("call 1 can't be answered so").And.Contain("call 4").And.Contain("has no answer");
        exitCode.Should().Be(1);
    }
}
