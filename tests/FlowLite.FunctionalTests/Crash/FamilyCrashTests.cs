using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>
/// Runs that start runs, wait for them and for events, while the server is killed (kill -9): every parent succeeds, and what the parents, their
/// children and the runs that their events start have created is there once.
/// </summary>
public sealed class FamilyCrashTests
{
    private const int Parents = 120;
    private const int Kills = 3;

    [Fact]
    public async Task Kill_WhileParentsWaitForChildrenAndEvents_LosesAndDoublesNothing()
    {
        await using var world = await CrashWorld.StartAsync(await DataverseCrashTests.EmbeddedCrm.StartAsync());
        world.Proxy.Latency = TimeSpan.FromMilliseconds(100);
        await world.PublishAsync(Flow("family-child", Create("child"), Output()));
        await world.PublishAsync(Listener("family-listener", "made", Create("event")));
        await world.PublishAsync(Flow("family-parent",
            """{"id":"k","type":"Elsa.Correlate","name":"K","correlationId":{"expression":{"type":"Scriban","value":"{{ trigger.body.lead }}"}}}""",
            """{"id":"x","type":"Elsa.ExecuteWorkflow","name":"Child","workflowDefinitionId":{"expression":{"type":"Literal","value":"family-child"}},"input":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}}}""",
            // Waits for the event before it is published, in branches side by side.
            """
            {"id":"p","type":"Elsa.Parallel","name":"P","activities":[
                {"id":"w","type":"Elsa.Event","name":"Answer","eventName":{"expression":{"type":"Literal","value":"answered"}}},
                {"id":"s","type":"Elsa.Sequence","name":"S","activities":[
                    {"id":"d","type":"Elsa.Delay","name":"D","timeSpan":{"expression":{"type":"Literal","value":"PT0.3S"}}},
                    {"id":"m","type":"Elsa.PublishEvent","name":"Made","eventName":{"expression":{"type":"Literal","value":"made"}},"payload":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}}},
                    {"id":"n","type":"Elsa.PublishEvent","name":"Answered","eventName":{"expression":{"type":"Literal","value":"answered"}},"correlationId":{"expression":{"type":"Scriban","value":"{{ trigger.body.lead }}"}}}]}]}
            """,
            Create("parent", "actions.Child.outputs.Result.output.lead")));
        var trigger = await world.TriggerAsync("family-parent");

        var acknowledged = new ConcurrentBag<string>();
        var next = 0;
        var random = new Random(7);
        for (var life = 0; life <= Kills; life++)
        {
            using var http = new HttpClient { BaseAddress = world.Server.Address };
            var senders = Enumerable.Range(0, 8).Select(_ => SendAsync(http, trigger, acknowledged, () => Interlocked.Increment(ref next), Parents * (life + 1) / (Kills + 1))).ToList();
            await Task.WhenAll(senders);
            // Somewhere while children, events and records are under way.
            var enough = Math.Min((await world.LeadsByEmailAsync()).Count + random.Next(5, 40), 3 * acknowledged.Count);
            await Eventually.UntilAsync(async () => (await world.LeadsByEmailAsync()).Count >= enough, "records being created");
            world.Server.Kill();
            await world.RestartAsync();
        }

        foreach (var flow in new[] { "family-parent", "family-child", "family-listener" })
        {
            await world.UntilAllRunsSucceededAsync(flow);
        }

        var created = await world.LeadsByEmailAsync();
        acknowledged.Should().HaveCountGreaterThan(Parents / 2);
        created.Where(lead => lead.Value > 1).Should().BeEmpty("nothing is created twice");
        acknowledged.SelectMany(lead => new[] { "child", "event", "parent" }.Select(who => $"{who}-{lead}@contoso.com")).Where(email => !created.ContainsKey(email))
            .Should().BeEmpty("every acknowledged parent has its record, its child's and that of the run that its event started");
    }

    private static async Task SendAsync(HttpClient http, string trigger, ConcurrentBag<string> acknowledged, Func<int> next, int until)
    {
        for (var number = next(); number <= until; number = next())
        {
            var lead = $"lead{number}";
            using var answer = await http.PostAsync(trigger, new StringContent(JsonSerializer.Serialize(new { lead }), Encoding.UTF8, "application/json"));
            if (answer.StatusCode == HttpStatusCode.Accepted)
            {
                acknowledged.Add(lead);
            }
        }
    }

    private static JsonObject Flow(string id, params string[] activities) =>
        Flow(id, JsonNode.Parse("""{"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request"}""")!, activities);

    private static JsonObject Flow(string id, JsonNode trigger, string[] activities) => new()
    {
        ["definitionId"] = id,
        ["name"] = id,
        ["root"] = new JsonObject
        {
            ["id"] = "root",
            ["type"] = "Elsa.Sequence",
            ["version"] = 1,
            ["activities"] = new JsonArray([trigger, .. activities.Select(a => JsonNode.Parse(a))]),
        },
    };

    private static JsonObject Listener(string id, string eventName, string activity) => Flow(id, JsonNode.Parse($$$$"""
        {"id":"e","type":"Elsa.Event","version":1,"name":"E","customProperties":{"canStartWorkflow":true},"eventName":{"expression":{"type":"Literal","value":"{{{{eventName}}}}"}}}
        """)!, [activity]);

    private static string Create(string who, string lead = "trigger.body.lead") => $$$$$"""
        {"id":"create","type":"FlowLite.CreateRecord","version":1,"name":"Create","connection":"crash","entity":"leads",
         "customProperties":{"resilienceStrategy":{"type":"fixed","interval":"PT0.2S","count":90}},
         "fields":{"lastname":"{{{{{who}}}}}","emailaddress1":{"expression":{"type":"Scriban","value":"{{{{{who}}}}}-{{ {{{{{lead}}}}} }}@contoso.com"}}}}
        """;

    private static string Output() =>
        """{"id":"o","type":"Elsa.SetOutput","name":"Out","outputName":{"expression":{"type":"Literal","value":"lead"}},"outputValue":{"expression":{"type":"Scriban","value":"{{ trigger.body.lead }}"}}}""";
}
