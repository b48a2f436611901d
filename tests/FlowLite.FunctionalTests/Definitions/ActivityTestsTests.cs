using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Server;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Definitions;

public sealed class ActivityTestsTests : DefinitionsTestBase
{
    private const string Answer = "activityState:o outputs:o payload:o exception:o? status:s";

    [Fact]
    public async Task Test_OfAnActivity_IsItsInputsAndLeavesNoRun()
    {
        var version = await SaveAsync("Hi {{ variables.Customer }}, {{ variables.Count + 1 }}.");

        var (status, body) = await PostAsync("/tests/activities", $$$"""
            {"workflowDefinitionHandle":{"definitionId":null,"versionOptions":null,"definitionVersionId":"{{{version}}}"},
             "activityHandle":{"activityId":null,"activityNodeId":"Workflow1:flow:log","activityInstanceId":null,"activityHash":null}}
            """);

        status.Should().Be(200);
        body.ShouldHave(Answer);
        body.Text("status").Should().Be("Completed");
        body.GetProperty("activityState").Text("Text").Should().Be("Hi Zoë, 42.");
        (await Server.Services.GetRequiredService<IRunStore>().ListRunsAsync(null, null, null, 10)).Should().BeEmpty();
    }

    [Fact]
    public async Task Test_OfWhatFails_IsFaulted()
    {
        await SaveAsync("{{ 1 / 0 }}");

        var (status, body) = await TestAsync("log");

        status.Should().Be(200);
        body.ShouldHave(Answer);
        body.Text("status").Should().Be("Faulted");
        body.GetProperty("exception").ShouldHave("type:s message:s stackTrace:s? innerException:o?");
        body.GetProperty("exception").Text("message").Should().Contain("Text");
    }

    [Fact]
    public async Task Test_OfWhatDoesNotCompile_IsFaultedWithTheReason()
    {
        await SaveAsync("{{ if }}");

        var (_, body) = await TestAsync("log");

        body.Text("status").Should().Be("Faulted");
        body.GetProperty("exception").Text("message").Should().Contain("/root/activities/1/text");
    }

    [Fact]
    public async Task Test_OfAnUnknownKind_IsFaultedWithTheReason()
    {
        await SaveAsync("x", """{ "id": "alien", "type": "Contoso.Unheard", "version": 1 }""");

        var (_, body) = await TestAsync("alien");

        body.Text("status").Should().Be("Faulted");
        body.GetProperty("exception").Text("message").Should().Contain("Contoso.Unheard");
    }

    [Fact]
    public async Task Test_OfAContainerOrAWait_Ends()
    {
        await SaveAsync("x", """
            { "id": "wait", "name": "Wait", "type": "Elsa.Delay", "version": 1, "timeSpan": { "typeName": "TimeSpan", "expression": { "type": "Literal", "value": "01:00:00" } } }
            """);

        (await TestAsync("flow")).Body.Text("status").Should().Be("Completed");
        (await TestAsync("wait")).Body.Text("status").Should().Be("Running");
    }

    [Theory]
    [InlineData("""{"workflowDefinitionHandle":{"definitionId":"a"},"activityHandle":{"activityId":"nope"}}""", 404)]
    [InlineData("""{"workflowDefinitionHandle":{"definitionId":"nope"},"activityHandle":{"activityId":"log"}}""", 404)]
    [InlineData("""{"workflowDefinitionHandle":{"definitionVersionId":"nope"},"activityHandle":{"activityId":"log"}}""", 404)]
    [InlineData("""{"workflowDefinitionHandle":{},"activityHandle":{}}""", 404)]
    [InlineData("""{"workflowDefinitionHandle":{"definitionId":"a"}}""", 400)]
    [InlineData("{}", 400)]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    public async Task Test_OfWhatIsNotThere_IsRefused(string body, int expected)
    {
        await SaveAsync("x");

        (await PostAsync("/tests/activities", body)).Status.Should().Be(expected);
    }

    private Task<(int Status, JsonElement Body)> TestAsync(string activity) =>
        PostAsync("/tests/activities", $$$"""{"workflowDefinitionHandle":{"definitionId":"a","versionOptions":"Latest"},"activityHandle":{"activityId":"{{{activity}}}"}}""");

    private async Task<string> SaveAsync(string text, params string[] more)
    {
        var flow = ServerTestFlows.Small("a", text: text);
        flow["variables"] = JsonNode.Parse("""[{"id":"v1","name":"Customer","typeName":"String"},{"id":"v2","name":"Count","typeName":"Int32","value":"1"}]""");
        flow["customProperties"] = JsonNode.Parse("""{"VariableTestValues":{"v1":"Zoë","Count":"41","gone":"x"}}""");
        foreach (var activity in more)
        {
            flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse(activity));
        }

        return (await Client.SaveAsync(flow)).Text("id");
    }
}
