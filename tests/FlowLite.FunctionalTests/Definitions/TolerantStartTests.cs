using System.Net;
using System.Text;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Instances;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>Published versions with something that publishing refuses today: an update of the server has more checks than the one that published them.</summary>
public sealed class TolerantStartTests : IDisposable
{
    private const string Answer =
        """{"id":"answer","type":"FlowLite.Response","name":"Answer","statusCode":{"expression":{"type":"Literal","value":201}},"headers":{"expression":{"type":"Object","value":{"X-Tag":"1"}}}}""";

    private const string Line = """{"id":"line","type":"Elsa.WriteLine","name":"Line","text":{"typeName":"String","expression":{"type":"Scriban","value":"{{ trigger.body.name }}"}}}""";

    private readonly LogLines _log = new();

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(Answer, "X-Tag", "X Tag", "X Tag")]
    [InlineData(Answer, "\"value\":201", "\"value\":9999", "9999")]
    [InlineData(Answer, "\"value\":201", "\"value\":\"many\"", "many")]
    [InlineData(Line, "{{ trigger.body.name }}", "{{ if }}", "if")]
    [InlineData(Line, "\"Scriban\",\"value\":\"{{ t", "\"Klingon\",\"value\":\"{{ t", "Klingon")]
    public async Task PublishedVersion_WithWhatPublishingRefusesNow_TakesRequestsAndFailsWhereItIsWrong(string activity, string text, string by, string said)
    {
        await using var host = await StartAsync();
        var flow = await host.PublishAsync("older", "", InstancesClient.WriteLine("before", "x"), activity);
        await StartAgainAsync(host, text, by);

        using var answer = await host.PostAsync(flow, """{"name":"Zoë"}""");

        ((int)answer.StatusCode).Should().BeOneOf((int)HttpStatusCode.Accepted, (int)HttpStatusCode.BadGateway);
        (await host.InboxAsync("older")).Should().BeEmpty();
        var run = await host.EndedRunAsync("older", answer.Header("x-ms-workflow-run-id"));
        (run.Status(), run.Action("before").Status()).Should().Be(("Failed", "Succeeded"));
        run.GetProperty("actions").EnumerateArray().Last().GetProperty("error").GetProperty("message").GetString().Should().Contain(said);
        _log.All.Where(line => line.Contains("would not be published today")).Should().ContainSingle()
            .Which.Should().Contain("Warning").And.Contain("older").And.Contain(activity == Answer ? "answer at /root/activities/2" : "line at /root/activities/2/text/expression");
        await host.Invoking(h => h.PublishAsync("older", "", InstancesClient.WriteLine("before", "y"), activity.Replace(text, by, StringComparison.Ordinal)))
            .Should().ThrowAsync<InvalidDefinitionException>();
    }

    [Fact]
    public async Task PublishedVersion_WithADefaultThatDoesNotFit_RunsWithItAsItStands()
    {
        await using var host = await StartAsync();
        await host.PublishChartAsync("older", InstancesClient.WriteLine("line", "{{ variables.Total }}"));
        await StartAgainAsync(host, "\"value\":\"7\"", "\"value\":\"seven\"");

        var id = await host.Api.DispatchAsync("older");

        (await host.EndedRunAsync("older", id)).Action("line").GetProperty("log")[0].GetString().Should().Be("seven");
        _log.All.Should().Contain(line => line.Contains("/variables/0/value") && line.Contains("would not be published today"));
    }

    [Fact]
    public async Task PublishedVersion_WhoseSchemaIsRefusedNow_KeepsWhatIsPosted()
    {
        await using var host = await StartAsync();
        var flow = await host.PublishAsync("older", """  "schema":{"type":"object"}  """, Line);
        await StartAgainAsync(host, "{\"type\":\"object\"}", "{\"type\":7}");

        using var answer = await host.PostAsync(flow, """{"name":"Zoë"}""");
        using var executed = await host.Api.PostAsync("/elsa/api/workflow-definitions/older/dispatch", new StringContent("""{"input":{"name":"Zoë"} }""", Encoding.UTF8, "application/json"));

        ((int)answer.StatusCode).Should().BeInRange(400, 499);
        (await host.InboxAsync("older")).Should().ContainSingle();
        executed.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await executed.Content.ReadAsStringAsync()).Should().Contain("schema");
    }

    [Fact]
    public async Task PublishedVersion_WithWhatPublishingRefusesNow_IsStartedByOtherFlowsToo()
    {
        await using var host = await StartAsync();
        await host.PublishChartAsync("older", InstancesClient.WriteLine("line", "{{ variables.Total }}"));
        await host.PublishChartAsync("parent", """{"id":"child","type":"Elsa.ExecuteWorkflow","version":1,"name":"child","workflowDefinitionId":{"expression":{"type":"Literal","value":"older"}}}""");
        await StartAgainAsync(host, "{{ variables.Total }}", "{{ if }}");

        var id = await host.Api.DispatchAsync("parent");

        var run = await host.EndedRunAsync("parent", id);
        var child = run.Action("child").GetProperty("runs")[0].GetProperty("runId").GetString()!;
        (await host.EndedRunAsync("older", child)).Action("line").GetProperty("error").GetProperty("code").GetString().Should().Be("ExpressionFailed");
    }

    [Fact]
    public async Task PublishedVersion_WithAnActivityThatIsNotThere_KeepsWhatIsPosted()
    {
        await using var host = await StartAsync();
        var flow = await host.PublishAsync("older", "", Line);
        await StartAgainAsync(host, "Elsa.WriteLine", "Elsa.Vanished");

        using var answer = await host.PostAsync(flow, """{"name":"Zoë"}""");

        ((int)answer.StatusCode).Should().BeInRange(400, 499);
        (await host.InboxAsync("older")).Should().ContainSingle().Which.ReasonMessage.Should().Contain("Elsa.Vanished");
        _log.All.Should().Contain(line => line.Contains("Error") && line.Contains("does not run here any more") && line.Contains("Elsa.Vanished"));
    }

    private Task<TriggerHost> StartAsync() =>
        TriggerHost.StartAsync(services => services.AddSingleton<ILoggerProvider>(_log), "Logging:LogLevel:FlowLite=Warning");

    private static async Task StartAgainAsync(TriggerHost host, string text, string by)
    {
        await host.StopAsync();
        await CatalogueFile.ReplaceAsync(host.DataDirectory, text, by);
        await host.StartAgainAsync();
    }
}
