using System.Text;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Instances;

public sealed class LogPersistenceTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Exclude = """{"evaluationMode":"Strategy","strategyType":"Elsa.Workflows.LogPersistence.Strategies.Exclude, Elsa.Workflows.Core","expression":null}""";
    private const string Include = """{"evaluationMode":"Strategy","strategyType":"Elsa.Workflows.LogPersistence.Strategies.Include, Elsa.Workflows.Core","expression":null}""";
    private const string Inherit = """{"evaluationMode":"Strategy","strategyType":"Elsa.Workflows.LogPersistence.Strategies.Inherit, Elsa.Workflows.Core","expression":null}""";
    private const string Configuration = """{"evaluationMode":"Strategy","strategyType":"Elsa.Workflows.LogPersistence.Strategies.Configuration, Elsa.Workflows.Core","expression":null}""";
    private const string Decided = """{"evaluationMode":"Expression","strategyType":null,"expression":{"type":"JavaScript","value":"'Include'"}}""";

    [Fact]
    public async Task Config_OfActivities_LeavesOutWhatItSays()
    {
        var flow = await host.PublishAsync("kept", "",
            Compose("all", ""),
            Compose("none", $"\"logPersistenceConfig\":{{\"default\":{Exclude},\"inputs\":{{}},\"outputs\":{{}}}}"),
            Compose("input", $"\"logPersistenceConfig\":{{\"default\":{Inherit},\"inputs\":{{\"inputs\":{Exclude}}},\"outputs\":{{}}}}"),
            Compose("output", $"\"logPersistenceConfig\":{{\"default\":{Exclude},\"inputs\":{{\"inputs\":{Include}}},\"outputs\":{{\"result\":{Inherit}}}}}"),
            Compose("old", "\"logPersistenceMode\":\"Exclude\""),
            Compose("expression", $"\"logPersistenceConfig\":{{\"default\":{Decided}}}"),
            """{"id":"line","name":"line","type":"Elsa.WriteLine","text":{"expression":{"type":"Literal","value":"a line"}},"customProperties":{"logPersistenceMode":{"default":"Exclude"}}}""");

        var run = await host.EndedRunAsync("kept", await host.AcceptedAsync(flow));

        Shown(run, "all").Should().Be(("""{"Inputs":"all"}""", """{"Result":"all"}"""));
        Shown(run, "none").Should().Be(("", ""));
        Shown(run, "input").Should().Be(("", """{"Result":"input"}"""));
        Shown(run, "output").Should().Be(("""{"Inputs":"output"}""", ""));
        Shown(run, "old").Should().Be(("", ""));
        Shown(run, "expression").Should().Be(("", ""));
        run.GetRawText().Should().NotContain("a line");
        flow.Workflow!.Warnings.Should().ContainSingle(w => w.ActivityId == "expression" && w.Message.Contains("not shown"));
        var records = await host.Api.GetStringAsync($"/elsa/api/activity-executions/list?workflowInstanceId={run.Text("id")}");
        records.Should().NotContain("a line").And.NotContain("\"none\"}").And.Contain("\"all\"");
        var stored = (await host.Services.GetRequiredService<IRunStore>().LoadAsync(Guid.Parse(run.Text("id")), wholeJournal: true))!;
        string.Concat(stored.Batches.Select(b => Encoding.UTF8.GetString(b.Span))).Should().Contain("a line", "the run keeps what it needs");
    }

    [Theory]
    [InlineData($"\"logPersistenceConfig\":{Exclude}", Inherit)]
    [InlineData($"\"logPersistenceConfig\":{Exclude}", Configuration)]
    [InlineData("\"logPersistenceMode\":\"Exclude\"", Inherit)]
    public async Task Config_OfTheFlow_HoldsForActivitiesThatSayNothing(string settings, string container)
    {
        var definition = JsonElement.Parse($$$"""
            {"definitionId":"quiet","customProperties":{{{{settings}}} },"root":{"id":"root","type":"Elsa.Sequence","customProperties":{"logPersistenceConfig":{"default":{{{container}}}}},"activities":[
              {"id":"request","name":"Request","type":"FlowLite.HttpRequest"}, {{{Compose("silent", "")}}}, {{{Compose("loud", $"\"logPersistenceConfig\":{{\"default\":{Include}}}")}}}]}}
            """);
        await host.Services.GetRequiredService<DefinitionService>().SaveAsync(definition, publish: true);
        var flow = host.Services.GetRequiredService<FlowCatalog>().Find("quiet")!;

        var run = await host.EndedRunAsync("quiet", await host.AcceptedAsync(flow, """{"name":"nobody's business"}"""));

        Shown(run, "silent").Should().Be(("", ""));
        Shown(run, "loud").Should().Be(("""{"Inputs":"loud"}""", """{"Result":"loud"}"""));
        run.GetRawText().Should().NotContain("nobody's business", "what started the run is the trigger's output");
    }

    /// <summary>A remark tells of values, as a line of the log does, and stands in the run's log too.</summary>
    [Fact]
    public async Task Config_WithoutTexts_LeavesRemarksOutOfTheLog()
    {
        const string until = """{"id":"ID","name":"ID","type":"FlowLite.Until","condition":{"expression":{"type":"Literal","value":"false"}},"count":{"expression":{"type":"Literal","value":"ROUNDS"}},"body":{"id":"ID-body","type":"Elsa.WriteLine"},"customProperties":{SETTINGS}}""";
        var flow = await host.PublishAsync("remarks", "",
            until.Replace("ID", "loud").Replace("ROUNDS", "2").Replace("SETTINGS", ""),
            until.Replace("ID", "silent").Replace("ROUNDS", "3").Replace("SETTINGS", "\"logPersistenceMode\":\"Exclude\""));

        var run = await host.EndedRunAsync("remarks", await host.AcceptedAsync(flow));

        run.GetRawText().Should().Contain("after 2 rounds").And.NotContain("after 3 rounds");
        (await host.Api.GetStringAsync($"/elsa/api/workflow-instances/{run.Text("id")}/journal")).Should().Contain("after 2 rounds").And.NotContain("after 3 rounds");
    }

    private static string Compose(string id, string settings) =>
        $$$"""{"id":"{{{id}}}","name":"{{{id}}}","type":"FlowLite.Compose","inputs":{"expression":{"type":"Literal","value":"{{{id}}}"}},"customProperties":{ {{{settings}}} } }""";

    private static (string Inputs, string Outputs) Shown(JsonElement run, string action)
    {
        var shown = run.Action(action);
        return (Text("inputs"), Text("outputs"));

        string Text(string name) => shown.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetRawText() : "";
    }
}
