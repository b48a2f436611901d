using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>Flows as activities of other flows, as the Studio meets them.</summary>
public sealed class FlowActivityTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task Descriptor_OfAUsableFlow_HasItsInputsOutputsAndOutcomes()
    {
        var version = await PublishAsync(Part("greet", "Say hello"));

        var activity = (await ActivitiesAsync()).Single(a => a.GetProperty("typeName").GetString() == "SayHello");

        activity.GetProperty("category").GetString().Should().Be("Greetings");
        Names(activity, "inputs").Should().Equal("Subject");
        Names(activity, "outputs").Should().Equal("Greeting");
        Names(activity, "ports").Should().Equal("Polite", "Failed");
        activity.GetProperty("constructionProperties").GetProperty("WorkflowDefinitionId").GetString().Should().Be("greet");
        activity.GetProperty("constructionProperties").GetProperty("WorkflowDefinitionVersionId").GetString().Should().Be(version);
    }

    [Fact]
    public async Task Descriptor_OfAFlowThatIsRetracted_IsGone()
    {
        await PublishAsync(Part("passing", "Passing by"));
        (await ActivitiesAsync()).Should().Contain(a => a.GetProperty("typeName").GetString() == "PassingBy");

        using var retracted = await host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/passing/retract", new { });

        retracted.EnsureSuccessStatusCode();
        (await ActivitiesAsync()).Should().NotContain(a => a.GetProperty("typeName").GetString() == "PassingBy");
    }

    [Fact]
    public async Task Run_OfAFlowWithAnother_PinnedOrFollowing_GivesItsOutputs()
    {
        var first = await PublishAsync(Part("worded", "Worded", "Hello"));
        var follows = Part("followed", "Followed", "Hello");
        follows["options"]!["autoUpdateConsumingWorkflows"] = true;
        var followed = await PublishAsync(follows);
        await PublishAsync(Whole("whole", Use("a", "Worded", "worded", first), Use("b", "Followed", "followed", followed)));
        await PublishAsync(Part("worded", "Worded", "Bye"));
        follows["root"] = Part("followed", "Followed", "Bye")["root"]!.DeepClone();
        await PublishAsync(follows);

        using var answer = await host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/whole/execute", new { input = new { } });
        var run = answer.Headers.GetValues("x-elsa-workflow-instance-id").Single();

        var ended = await host.EndedRunAsync("whole", run);
        ended.Status().Should().Be("Succeeded");
        (Greeting("a"), Greeting("b")).Should().Be(("Hello Ada", "Bye Ada"));

        string? Greeting(string action) => ended.Action(action).GetProperty("outputs").GetProperty("Greeting").GetString();
    }

    [Fact]
    public async Task Publish_FlowThatIsNotThereOrContainsItself_IsRefused()
    {
        (await SaveAsync(Whole("lost", Use("a", "Nowhere", "nowhere", null)))).Should().Contain("nowhere");

        await PublishAsync(Part("inner", "Inner"));
        await PublishAsync(Whole("outer", Use("a", "Inner", "inner", null)));
        (await SaveAsync(Whole("inner", Use("a", "Outer", "outer", null)))).Should().Contain("as a part");
        (await SaveAsync(Whole("own", Use("a", "Own", "own", null)))).Should().Contain("own");
    }

    [Fact]
    public async Task Save_FromTheStudio_KeepsThePinAndShowsTheActivity()
    {
        var first = await PublishAsync(Part("kept", "Kept"));
        await PublishAsync(Whole("keeps", Use("a", "Kept", "kept", first)));
        await PublishAsync(Part("kept", "Kept", "Other"));

        var shown = (await host.Api.GetFromJsonAsync<JsonElement>("/elsa/api/workflow-definitions/by-definition-id/keeps?versionOptions=Latest"))
            .GetProperty("root").GetProperty("activities")[0];

        shown.GetProperty("type").GetString().Should().Be("Kept");
        shown.GetProperty("version").GetInt32().Should().Be(2, "only the published version is described");
        shown.GetProperty("workflowDefinitionVersionId").GetString().Should().Be(first);
        var consumers = await host.Api.GetFromJsonAsync<JsonElement>("/elsa/api/workflow-definitions/kept/consumers");
        consumers.GetProperty("consumingWorkflowDefinitionIds").EnumerateArray().Select(c => c.GetString()).Should().Equal("keeps");
    }

    private async Task<List<JsonElement>> ActivitiesAsync() =>
        [.. (await host.Api.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities")).GetProperty("items").EnumerateArray()];

    private static IEnumerable<string?> Names(JsonElement activity, string list) => activity.GetProperty(list).EnumerateArray().Select(i => i.GetProperty("name").GetString());

    /// <returns>The version's id.</returns>
    private async Task<string> PublishAsync(JsonObject flow)
    {
        using var answer = await PostAsync(flow);
        answer.IsSuccessStatusCode.Should().BeTrue(await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("workflowDefinition").GetProperty("id").GetString()!;
    }

    /// <returns>Why it was refused.</returns>
    private async Task<string> SaveAsync(JsonObject flow)
    {
        using var answer = await PostAsync(flow);
        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        return await answer.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> PostAsync(JsonObject flow) =>
        host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = flow.DeepClone(), ["publish"] = true });

    private static JsonObject Part(string id, string name, string word = "Hello") => JsonNode.Parse($$$$$"""
        {"definitionId":"{{{{{id}}}}}","name":"{{{{{name}}}}}","options":{"usableAsActivity":true,"activityCategory":"Greetings"},
         "inputs":[{"name":"Subject","type":"String","displayName":"Subject"}],"outputs":[{"name":"Greeting","type":"String"}],"outcomes":["Polite"],
         "root":{"id":"o","type":"Elsa.SetOutput","version":1,"name":"Out","outputName":{"expression":{"type":"Literal","value":"Greeting"}},
            "outputValue":{"expression":{"type":"Scriban","value":"{{{{{word}}}}} {{ inputs.Subject }}"}}}}
        """)!.AsObject();

    private static JsonObject Whole(string id, params JsonObject[] activities) => new()
    {
        ["definitionId"] = id,
        ["name"] = id,
        ["root"] = new JsonObject { ["id"] = "root", ["type"] = "Elsa.Sequence", ["version"] = 1, ["name"] = "Root", ["activities"] = new JsonArray([.. activities]) },
    };

    private static JsonObject Use(string id, string type, string flow, string? version) => new()
    {
        ["id"] = id,
        ["type"] = type,
        ["version"] = 1,
        ["name"] = id,
        ["workflowDefinitionId"] = flow,
        ["workflowDefinitionVersionId"] = version,
        ["subject"] = JsonNode.Parse("""{"typeName":"String","expression":{"type":"Literal","value":"Ada"},"memoryReference":null}"""),
    };
}
