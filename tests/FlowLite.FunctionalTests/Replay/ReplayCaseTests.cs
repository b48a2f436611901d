using System.Text.Json.Nodes;

namespace FlowLite.FunctionalTests.Replay;

public sealed class ReplayCaseTests : IDisposable
{
    private readonly ReplayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Expect_LoopsLogAndResponse_AreChecked()
    {
        const string passing = """
            {
              "description": "Loops in loops",
              "request": { "headers": { "X-Count": "three" }, "queries": { "who": "Ann" }, "body": [["a", "b"], ["c"]] },
              "connectors": {
                "Create[0][0]": [{ "created": {} }],
                "Create[0][1]": [{ "created": { "alreadyExisted": true } }],
                "Create[1][0]": [{ "created": { "recordId": "r", "recordUrl": "https://crm.example/r" } }]
              },
              "expect": {
                "status": "Succeeded",
                "activities": {
                  "Create[0][1]": { "outputs": { "alreadyExisted": true } },
                  "Create[1][0]": { "status": "Succeeded", "attempts": 1, "outputs": { "recordUrl": "https://crm.example/r" } },
                  "Create[2][0]": { "status": "Skipped" }
                },
                "records": [
                  { "connection": "embedded", "entity": "leads", "fields": { "lastname": "a" } },
                  { "connection": "embedded", "entity": "leads", "fields": { "lastname": "b" } },
                  { "connection": "embedded", "entity": "leads", "fields": { "lastname": "c" } }
                ],
                "log": ["Ann sent three"],
                "response": { "status": 201, "headers": { "x-kind": "lead" }, "body": ["a", "b"] }
              }
            }
            """;

        var (exitCode, output) = await _folder.With("loops", ReplayFolder.LoopFlow, passing, passing.Replace("\"log\": [\"Ann", "\"log\": [\"Bob")).ReplayAsync();

        output.Should().Contain("  ok    case-1").And.Contain("/expect/log/0").And.Contain("\"Ann sent three\"");
        exitCode.Should().Be(1);
    }

    [Theory]
    [InlineData("PT119S", 200, "\"done\"", "PT119S")]
    [InlineData("PT121S", 504, """{"error":{"code":"GatewayTimeout","message":"The run did not respond within the specified time limit. It goes on."}}""", "PT121S")]
    [InlineData("P20D", 504, """{"error":{"code":"GatewayTimeout","message":"The run did not respond within the specified time limit. It goes on."}}""", "P20D")]
    public async Task Expect_ResponseAfterAWait_IsWhatTheSenderStillWaitsFor(string wait, int status, string body, string elapsed)
    {
        var @case = $$"""
            {
              "description": "A late answer",
              "request": { "body": { "wait": "{{wait}}" } },
              "expect": { "status": "Succeeded", "response": { "status": {{status}}, "body": {{body}} }, "elapsed": "{{elapsed}}" }
            }
            """;

        var (exitCode, output) = await _folder.With("waits", ReplayFolder.WaitFlow, @case).ReplayAsync();

        exitCode.Should().Be(0, output);
    }

    [Fact]
    public async Task Expect_RunThatWaitsLongerThanItIsFollowed_IsSuspended()
    {
        const string @case = """
            {
              "description": "Waits for months",
              "request": { "body": { "wait": "P90D" } },
              "expect": { "status": "Suspended", "activities": { "Wait": { "status": "Waiting" } }, "elapsed": "PT0S", "response": { "status": 504 } }
            }
            """;

        var (_, output) = await _folder.With("waits", ReplayFolder.WaitFlow, @case).ReplayAsync();

        output.Should().Contain("1 passed, 0 failed.");
    }

    [Theory]
    [InlineData("status", "\"Faulted\"", "/expect/status", "Succeeded")]
    [InlineData("activities/Create/status", "\"Failed\"", "/expect/activities/Create/status", "\"Succeeded\"")]
    [InlineData("activities/Create/attempts", "3", "/expect/activities/Create/attempts", "2")]
    [InlineData("activities/Create/outputs/recordId", "\"r2\"", "/expect/activities/Create/outputs/recordId", "\"r1\"")]
    [InlineData("activities/Create/outputs/nothing", "1", "/expect/activities/Create/outputs/nothing", "(nothing)")]
    [InlineData("activities/Create/error", """{ "code": "x" }""", "/expect/activities/Create/error", "null")]
    [InlineData("records", "[]", "/expect/records/0", """{"connection":"embedded","entity":"leads","fields":{"lastname":"Ann"}}""")]
    [InlineData("records/0/fields/lastname", "\"ann\"", "/expect/records/0/fields/lastname", "\"Ann\"")]
    [InlineData("records/0/fields/jobtitle", "null", "/expect/records/0/fields/jobtitle", "(nothing)")]
    [InlineData("records/0/fields", "{}", "/expect/records/0/fields/lastname", "\"Ann\"")]
    [InlineData("records/0/entity", "\"contacts\"", "/expect/records/0/entity", "\"leads\"")]
    [InlineData("log", """["x"]""", "/expect/log/0", "(nothing)")]
    [InlineData("response/status", "200", "/expect/response/status", "202")]
    [InlineData("response/body", "\"x\"", "/expect/response/body", "null")]
    [InlineData("elapsed", "\"PT8S\"", "/expect/elapsed", "PT7S")]
    [InlineData("incidents", """[{ "activity": "Create", "code": "x" }]""", "/expect/incidents/0", "(nothing)")]
    public async Task Expect_SomethingElse_FailsWithADiff(string member, string expected, string path, string actual)
    {
        var @case = ReplayFolder.LeadCase(c => Set(c["expect"]!, member, JsonNode.Parse(expected)));

        var (exitCode, output) = await _folder.With("leads", ReplayFolder.LeadFlow, @case).ReplayAsync();

        exitCode.Should().Be(1);
        Lines(output).Should().ContainInOrder("FAIL  case-1: A lead", path).And.Contain($"actual    {actual}").And.ContainSingle(l => l.StartsWith("expected"));
        output.Should().Contain("0 passed, 1 failed.");
    }

    [Fact]
    public async Task Expect_RefusalOfWhatIsAccepted_Fails()
    {
        var @case = ReplayFolder.LeadCase(c => c["expect"] = JsonNode.Parse("""{ "refused": { "status": 400, "code": "X" } }"""));

        (await _folder.With("leads", ReplayFolder.LeadFlow, @case).ReplayAsync()).Output.Should().Contain("accepted; the run is Succeeded");
    }

    [Fact]
    public async Task Expect_RunOfWhatIsRefused_FailsWithTheReason()
    {
        var @case = ReplayFolder.LeadCase(c => c["request"] = JsonNode.Parse("""{ "headers": { "Content-Type": "application/json" }, "bodyText": "{" }"""));

        var (exitCode, output) = await _folder.With("leads", ReplayFolder.LeadFlow, @case).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain("no run, refused with 400 InvalidRequestContent: ");
    }

    [Fact]
    public async Task Connectors_CallWithoutAnAnswer_FailsTheCase()
    {
        var @case = ReplayFolder.LeadCase(c => ((JsonArray)c["connectors"]!["Create"]!).RemoveAt(1));

        var (exitCode, output) = await _folder.With("leads", ReplayFolder.LeadFlow, @case).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain("/connectors/Create: call 2, at 2026-01-05T09:00:07Z, has no answer; the case has 1.");
    }

    [Fact]
    public async Task Connectors_AnswersThatNobodyCalledFor_FailTheCase()
    {
        var @case = ReplayFolder.LeadCase(c =>
        {
            ((JsonArray)c["connectors"]!["Create"]!).Add(JsonNode.Parse("""{ "created": {} }"""));
            c["connectors"]!["Create[5]"] = JsonNode.Parse("""[{ "created": {} }]""");
        });

        var (exitCode, output) = await _folder.With("leads", ReplayFolder.LeadFlow, @case).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain("/connectors/Create: 3 answers, but it was called 2 times.").And.Contain("/connectors/Create[5]: 1 answer, but it was never called.");
    }

    [Theory]
    [InlineData("""{ "expct": {} }""", "/")]
    [InlineData("""{ "description": "x", "request": {}, "expect": { "status": "Success" } }""", "/expect/status")]
    [InlineData("""{ "description": "x", "request": {}, "expect": {} }""", "/expect")]
    [InlineData("""{ "description": "x", "request": {}, "expect": { "status": "Faulted", "refused": { "status": 400, "code": "x" } } }""", "/expect")]
    [InlineData("""{ "description": "x", "request": { "body": 1, "bodyText": "1" }, "expect": { "status": "Succeeded" } }""", "/request")]
    [InlineData("""{ "description": "x", "now": "yesterday", "request": {}, "expect": { "status": "Succeeded" } }""", "/now")]
    [InlineData("""{ "description": "x", "request": {}, "expect": { "status": "Succeeded", "elapsed": "7 s" } }""", "/expect/elapsed")]
    [InlineData("""{ "description": "x", "request": {}, "connectors": { "Create": [{ "created": {}, "failure": { "code": "x", "message": "" } }] }, "expect": { "status": "Succeeded" } }""", "/connectors/Create/0")]
    [InlineData("""{ "description": "x", "request": {}, "connectors": { "Creat": [{ "created": {} }] }, "expect": { "status": "Succeeded", "activities": { "Nobody[0]": {} } } }""", "/connectors/Creat", "/expect/activities/Nobody[0]", "it has: 'Create', 'Main', 'Request'")]
    [InlineData("""{ "description": "x", "request": { "trigger": "Nobody" }, "expect": { "status": "Succeeded" } }""", "/request/trigger", "it has: 'Request'")]
    [InlineData("{ \"description\": \n", "not JSON", "LineNumber: 1")]
    [InlineData("""{ "description": "x", "description": "y" }""", "not JSON")]
    [InlineData("""{ "description": "\ud800" }""", "half a surrogate pair")]
    public async Task Read_InvalidCase_FailsWithFileAndPath(string @case, params string[] messages)
    {
        var (exitCode, output) = await _folder.With("leads", ReplayFolder.LeadFlow, @case).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain(Path.Combine("leads", "cases", "case-1.json")).And.ContainAll(messages).And.Contain("0 passed, 1 failed.");
    }

    private static void Set(JsonNode json, string path, JsonNode? value)
    {
        var names = path.Split('/');
        foreach (var name in names[..^1])
        {
            json = int.TryParse(name, out var index) ? json[index]! : json[name]!;
        }

        json[names[^1]] = value;
    }

    private static IEnumerable<string> Lines(string output) => output.Split('\n').Select(l => l.Trim());
}
