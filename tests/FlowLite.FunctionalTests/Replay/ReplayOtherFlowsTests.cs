namespace FlowLite.FunctionalTests.Replay;

/// <summary>Flows that run other flows replay with the runs of those.</summary>
public sealed class ReplayOtherFlowsTests : IDisposable
{
    private const string Record = """
        {
          "definitionId": "record", "options": { "usableAsActivity": true }, "inputs": [ { "name": "Who", "type": "String" } ], "outputs": [ { "name": "Id", "type": "String" } ],
          "root": {
            "id": "root", "type": "Elsa.Sequence", "name": "Main",
            "activities": [
              { "id": "c", "type": "FlowLite.CreateRecord", "name": "Create", "entity": "leads",
                "fields": { "lastname": { "expression": { "type": "Scriban", "value": "{{ inputs.Who }}" } } } },
              { "id": "o", "type": "Elsa.SetOutput", "name": "Out", "outputName": "Id",
                "outputValue": { "expression": { "type": "Scriban", "value": "{{ actions.Create.outputs.recordId }}" } } }
            ]
          }
        }
        """;

    private const string Case = """
        {
          "description": "Two leads, the second of which has to wait",
          "request": { "body": ["Ann", "Bob"] },
          "connectors": {
            "record/Create": [
              { "created": { "recordId": "r1" } },
              { "failure": { "code": "Http503", "message": "down", "retryable": true } },
              { "created": { "recordId": "r2" } }
            ]
          },
          "expect": {
            "status": "Succeeded",
            "activities": { "record/Create": { "status": "Succeeded", "attempts": 2, "outputs": { "recordId": "r2" } } },
            "records": [ { "connection": "embedded", "entity": "leads", "fields": { "lastname": "Ann" } }, { "connection": "embedded", "entity": "leads", "fields": { "lastname": "Bob" } } ],
            "log": ["r1", "r2"],
            "elapsed": "PT7S",
            "incidents": []
          }
        }
        """;

    private readonly ReplayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{ "id": "run", "type": "Elsa.ExecuteWorkflow", "name": "Run", "workflowDefinitionId": "record", "input": <<{{ { Who: item } }}>> }""", "result.output.Id")]
    [InlineData("""{ "id": "run", "type": "Elsa.DispatchWorkflow", "name": "Run", "workflowDefinitionId": "record", "waitForCompletion": "true", "input": <<{{ { Who: item } }}>> }""", "result.output.Id")]
    [InlineData("""{ "id": "run", "type": "Record", "name": "Run", "workflowDefinitionId": "record", "who": <<{{ item }}>> }""", "Id")]
    public async Task Run_OfAnotherFlow_AnswersAreGivenAndItsResultIsUsed(string activity, string result)
    {
        var flow = ReplayFolder.Flow("whole", $$$"""
            {
              "id": "each", "type": "Elsa.ForEach", "name": "Each", "items": <<{{ trigger.body }}>>,
              "body": { "id": "both", "type": "Elsa.Sequence", "name": "Both", "activities": [
                {{{activity}}},
                { "id": "line", "type": "Elsa.WriteLine", "name": "Line", "text": <<{{ actions.Run.outputs.{{{result}}} }}>> }
              ] }
            }
            """);

        var (exitCode, output) = await _folder.With("record", Record).With("whole", flow, Case).ReplayAsync();

        exitCode.Should().Be(0, output);
        (await ReplayFolder.RunAsync(Path.Combine(_folder.Root, "whole"))).Output.Should().Contain("1 passed, 0 failed", "the flows beside it are there too");
    }

    [Fact]
    public async Task Runs_ThatNobodyWaitsFor_AreFollowedInTheOrderOfTheirItems()
    {
        var flow = ReplayFolder.Flow("whole", """
            { "id": "all", "type": "Elsa.BulkDispatchWorkflows", "name": "All", "workflowDefinitionId": "record", "waitForCompletion": "false", "defaultItemInputKey": "Who", "items": <<{{ trigger.body }}>> }
            """);
        var @case = Case.Replace("[\"r1\", \"r2\"]", "[]", StringComparison.Ordinal).Replace("\"PT7S\"", "\"PT0S\"", StringComparison.Ordinal);

        var (exitCode, output) = await _folder.With("record", Record).With("whole", flow, @case).ReplayAsync();

        exitCode.Should().Be(0, output);
    }

    [Fact]
    public async Task Event_OfTheRun_StartsTheFlowsThatBeginWithIt()
    {
        const string listens = """
            {
              "definitionId": "listens",
              "root": { "id": "root", "type": "Elsa.Sequence", "name": "Main", "activities": [
                { "id": "e", "type": "Elsa.Event", "name": "Event", "eventName": "Lead arrived", "customProperties": { "canStartWorkflow": true } },
                { "id": "c", "type": "FlowLite.CreateRecord", "name": "Create", "entity": "leads", "fields": { "lastname": { "expression": { "type": "Scriban", "value": "{{ trigger.body }}" } } } }
              ] }
            }
            """;
        var flow = ReplayFolder.Flow("tells", """{ "id": "p", "type": "Elsa.PublishEvent", "name": "Tell", "eventName": "Lead arrived", "payload": <<{{ trigger.body }}>> }""");
        const string @case = """
            {
              "description": "An event", "request": { "body": "Ann" }, "connectors": { "listens/Create": [ { "created": {} } ] },
              "expect": { "status": "Succeeded", "activities": { "listens/Create": { "status": "Succeeded" } }, "records": [ { "connection": "embedded", "entity": "leads", "fields": { "lastname": "Ann" } } ] }
            }
            """;

        var (exitCode, output) = await _folder.With("listens", listens).With("tells", flow, @case).ReplayAsync();

        exitCode.Should().Be(0, output);
    }

    [Fact]
    public async Task Flow_ThatNeedsOneThatIsNotThere_CantBeRun()
    {
        var flow = ReplayFolder.Flow("whole", """{ "id": "run", "type": "Elsa.ExecuteWorkflow", "name": "Run", "workflowDefinitionId": "record" }""");

        var (exitCode, output) = await _folder.With("whole", flow, Case).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain("run at /root/activities/1/workflowDefinitionId: There is no flow 'record'.");
    }

    [Fact]
    public async Task Case_ThatNamesAnActivityOfNoFlow_IsRefused()
    {
        var flow = ReplayFolder.Flow("whole", """{ "id": "run", "type": "Elsa.ExecuteWorkflow", "name": "Run", "workflowDefinitionId": "record" }""");

        var (exitCode, output) = await _folder.With("record", Record).With("whole", flow, Case.Replace("record/Create", "record/Make", StringComparison.Ordinal)).ReplayAsync();

        exitCode.Should().Be(1);
        output.Should().Contain("/connectors/record~1Make: The flow has no activity of that name");
    }
}
