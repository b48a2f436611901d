using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities.Http;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using static FlowLite.Tests.Activities.FlowJson;

namespace FlowLite.Tests.Activities;

public sealed class HttpTests
{
    [Fact]
    public void HttpRequest_Unset_HasTheDefaultsThatKeepLeads()
    {
        var trigger = Trigger();

        trigger.Method.Should().Be("POST");
        trigger.AllowNulls.Should().BeTrue();
        trigger.IgnoreKeyCase.Should().BeTrue();
        trigger.MaxBodySize.Should().Be(10 * 1024 * 1024);
        trigger.Concurrency.Should().BeNull();
        trigger.JsonSchema.Should().BeNull();
    }

    [Theory]
    [InlineData("""{"type":"object"}""")]
    [InlineData("\"{\\\"type\\\":\\\"object\\\"}\"")]
    [InlineData("""{"typeName":"String","expression":{"type":"Literal","value":"{\"type\":\"object\"}"}}""")]
    [InlineData("""{"typeName":"Object","expression":{"type":"Literal","value":{"type":"object"}}}""")]
    public void HttpRequest_SchemaInAnyStoredForm_IsRead(string stored) =>
        Trigger(("schema", JsonNode.Parse(stored))).JsonSchema!.Value.GetProperty("type").GetString().Should().Be("object");

    [Fact]
    public void HttpRequest_StudiosWrappedTexts_AreRead()
    {
        var trigger = Trigger(("method", Literal("put")), ("allowNulls", Literal("False")), ("concurrency", Literal("25")), ("maximumWaitingRuns", Literal("")));

        trigger.Method.Should().Be("put");
        trigger.AllowNulls.Should().BeFalse();
        trigger.Concurrency.Should().Be(25);
        trigger.MaximumWaitingRuns.Should().BeNull();
    }

    [Theory]
    [InlineData("method", "\"HEAD\"", "method")]
    [InlineData("schema", "\"{\"", "schema")]
    [InlineData("schema", "\"[]\"", "schema")]
    [InlineData("relativePath", "\"a//b\"", "Relative path")]
    [InlineData("relativePath", "\"{a}/{a}\"", "Relative path")]
    [InlineData("relativePath", "\"x{a}\"", "Relative path")]
    [InlineData("relativePath", "\"a?b\"", "Relative path")]
    [InlineData("maxBodySize", "0", "body size")]
    [InlineData("concurrency", "101", "concurrency")]
    [InlineData("maximumWaitingRuns", "0", "waiting runs")]
    [InlineData("concurrency", "\"many\"", "whole number")]
    [InlineData("method", """{"typeName":"String","expression":{"type":"Path","value":"v"}}""", "Literal")]
    public void HttpRequest_WrongSetting_IsAProblemAtPublish(string input, string value, string message)
    {
        var compile = () => Trigger((input, JsonNode.Parse(value)));

        compile.Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle().Which.Message.Should().Contain(message);
    }

    [Fact]
    public async Task HttpRequest_Run_GivesTheRequest()
    {
        var flow = Simulation.Compile(Flowchart("f", [Activity("FlowLite.HttpRequest", "manual")]));

        var run = await Simulation.RunAsync(flow, trigger: "manual", request: JsonElement.Parse("""{"headers":{"h":"1"},"queries":{},"path":{"id":"7"},"body":[1]}"""));

        run.State.Actions["manual"].Outputs!.Value.GetRawText().Should().Be("""{"headers":{"h":"1"},"queries":{},"path":{"id":"7"},"body":[1]}""");
        run.Events.OfType<ActivityCompleted>().Single().Outputs.Should().BeNull("the journal has it once, in RunStarted");
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("/address/{code}/", "Address/80%2F331", true)]
    [InlineData("address/{code}", "address", false)]
    [InlineData("address/{code}", "address//", false)]
    [InlineData("address/{code}", "street/1", false)]
    [InlineData("", "x", false)]
    public void PathTemplate_Path_MatchesSegmentBySegment(string template, string path, bool matches)
    {
        PathTemplate.Parse(template).TryMatch(path, out var parameters).Should().Be(matches);
        if (matches && template.Contains("code"))
        {
            parameters.Should().Equal(new Dictionary<string, string> { ["code"] = "80/331" });
        }
    }

    [Fact]
    public async Task Response_HeadersThatFlowRemoves_AreRemoved()
    {
        var headers = new JsonObject
        {
            ["X-Lead"] = 5,
            ["content-type"] = "text/csv",
            ["Content-Length"] = "1",
            ["Set-Cookie"] = "a=b",
            ["Transfer-Encoding"] = "chunked",
            ["X-Null"] = null,
        };

        var run = await RespondAsync(("statusCode", Literal(201)), ("headers", Literal(headers)), ("body", Literal("ok")));

        Answer(run).GetRawText().Should().Be("""{"StatusCode":201,"Headers":{"X-Lead":"5","content-type":"text/csv"},"Body":"ok"}""");
    }

    [Fact]
    public async Task Response_Unset_Is200WithoutBody() =>
        Answer(await RespondAsync()).GetRawText().Should().Be("""{"StatusCode":200,"Headers":{},"Body":null}""");

    [Theory]
    [InlineData("statusCode", "302", "InvalidStatusCode")]
    [InlineData("statusCode", "600", "InvalidStatusCode")]
    [InlineData("headers", """{"X":"a\r\nSet-Cookie: b"}""", "InvalidInput")]
    [InlineData("headers", """{"X Y":"a"}""", "InvalidInput")]
    [InlineData("headers", "[1]", "InvalidInput")]
    public async Task Response_WhatMustNotBeSent_Fails(string input, string value, string code)
    {
        // As an expression: what is known before any run is refused when the flow is published.
        var set = Activity("Elsa.SetVariable", "set", ("variable", new JsonObject { ["id"] = "v" }), ("value", Literal(JsonNode.Parse(value))));
        var run = await Simulation.RunAsync(Simulation.Compile(Sequence("q", set, Activity("FlowLite.Response", "r", (input, Path("v")))), ["v"]));

        run.State.Incidents.Single().Failure.Code.Should().Be(code);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, "The caller had gone before this answer.")]
    public async Task Response_CallerWaitingOrGone_SaysSo(bool waiting, string? note)
    {
        var responses = new PendingResponses();
        using var caller = waiting ? responses.Expect(Simulation.RunId) : null;

        var run = await Simulation.RunAsync(Simulation.Compile(Sequence("q", Activity("FlowLite.Response", "r")), responses: responses));

        run.Events.OfType<ActivityCompleted>().Single(e => e.Activity == "r").Note.Should().Be(note);
    }

    [Fact]
    public async Task Response_Second_FailsTheRun()
    {
        var run = await Simulation.RunAsync(Simulation.Compile(Sequence("q", Activity("FlowLite.Response", "r"), Activity("FlowLite.Response", "r2"))));

        run.State.Status.Should().Be(RunStatus.Faulted);
        run.State.Incidents.Single().Failure.Code.Should().Be("ResponseAlreadySent");
    }

    private static HttpRequest Trigger(params (string, JsonNode?)[] inputs) =>
        (HttpRequest)Simulation.Compile(Flowchart("f", [Activity("FlowLite.HttpRequest", "manual", inputs)])).Triggers<HttpRequest>().Single().Activity;

    private static Task<Simulation> RespondAsync(params (string, JsonNode?)[] inputs) =>
        Simulation.RunAsync(Simulation.Compile(Sequence("q", Activity("FlowLite.Response", "r", inputs))));

    private static JsonElement Answer(Simulation run) => run.Events.OfType<ActivityCompleted>().Single(e => e.Activity == "r").Outputs!.Value;
}
