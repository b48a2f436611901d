using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Triggers;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Bodies of all kinds at a flow whose script reads a contact out of them and sends it on: taken and refused as by Elsa.</summary>
public sealed class LeadBodiesTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Lead = """{"offer":"Trial","contact":{"first":"Zoë","mail":"zoe@contoso.com"}}""";

    private static int _number;

    [Theory]
    [InlineData(Lead, "application/json")]
    [InlineData(Lead, "text/json; charset=utf-8")]
    public async Task LeadThatIsJson_IsSentOn(string body, string type)
    {
        await using var crm = await Receiver.StartAsync(201, "{}");

        var (answer, instance) = await PostAsync(crm, body, type);

        answer.Should().Be((202, "application/json", $$"""{"run":"{{instance.GetProperty("id").GetString()}}"}"""));
        crm.Requests.Should().ContainSingle().Which.Body.Should().Be("""{"name":"Zoë","mail":"zoe@contoso.com"}""");
        Statuses(instance).Should().Be(("Finished", "Finished"));
        instance.GetProperty("incidentCount").GetInt32().Should().Be(0);
    }

    [Theory]
    [InlineData("""{"offer":"Trial"}""", "application/json")]
    [InlineData("[7,8]", "application/json")]
    [InlineData("null", "application/json")]
    [InlineData("", "application/json")]
    [InlineData("good day", "text/plain")]
    [InlineData("offer=Trial&tag=a&tag=b", "application/x-www-form-urlencoded")]
    // Text, as nothing says that it is more.
    [InlineData(Lead, null)]
    public async Task BodyWithoutAContact_Is500_AndTheRunFailsWhereItIsRead(string body, string? type)
    {
        await using var crm = await Receiver.StartAsync(201, "{}");

        var (answer, instance) = await PostAsync(crm, body, type);

        answer.Should().Be((500, null, ""));
        crm.Requests.Should().BeEmpty();
        Statuses(instance).Should().Be(("Finished", "Faulted"));
        var incident = instance.GetProperty("workflowState").GetProperty("incidents").EnumerateArray().Should().ContainSingle().Subject;
        incident.GetProperty("activityId").GetString().Should().Be("reshape");
        incident.GetProperty("message").GetString().Should().Contain("Cannot read properties of");
    }

    private async Task<((int Status, string? Type, string Body) Answer, JsonElement Instance)> PostAsync(Receiver crm, string body, string? type)
    {
        var path = $"body{Interlocked.Increment(ref _number)}";
        await host.PublishAsync(Flow(path, crm.Address));
        var answer = await host.PostAsync($"/workflows/{path}", body, type).ReadAsync();
        var run = (await host.RunsAsync(path)).Should().ContainSingle().Subject.GetProperty("id").GetString();
        return (answer, await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/workflow-instances/{run}"));
    }

    private static (string? Status, string? SubStatus) Statuses(JsonElement instance) => (instance.GetProperty("status").GetString(), instance.GetProperty("subStatus").GetString());

    private static JsonObject Flow(string path, Uri crm)
    {
        var flow = Sequence(
            path,
            Endpoint("e", path, more: ("parsedContent", JsonNode.Parse("""{"typeName":"Object","memoryReference":{"id":"var-body"}}"""))),
            new JsonObject
            {
                ["id"] = "reshape",
                ["type"] = "Elsa.SetVariable",
                ["version"] = 1,
                ["variable"] = new JsonObject { ["id"] = "var-contact", ["name"] = "Contact", ["typeName"] = "Object" },
                ["value"] = Input("JavaScript", "const c = getVariable('Body').contact; return { name: c.first, mail: c.mail };"),
            },
            new JsonObject
            {
                ["id"] = "send",
                ["type"] = "Elsa.FlowSendHttpRequest",
                ["version"] = 1,
                ["expectedStatusCodes"] = Input("Object", "[201]"),
                ["url"] = Input("Literal", crm.ToString()),
                ["method"] = Input("Literal", "POST"),
                ["content"] = new JsonObject { ["expression"] = JsonNode.Parse("""{"type":"Variable","value":{"id":"var-contact","name":"Contact","typeName":"Object"}}""") },
                ["contentType"] = Input("Literal", "application/json"),
            },
            Respond("r", "return JSON.stringify({ run: getWorkflowInstanceId() })", "Accepted", "application/json"));
        ((JsonArray)flow["variables"]!).Add((JsonNode)new JsonObject { ["id"] = "var-contact", ["name"] = "Contact", ["typeName"] = "Object" });
        return flow;
    }
}
