using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Activities;

/// <summary>Flow's data operations, each through a run.</summary>
public sealed class DataOperationTests
{
    private const string People = """[{"name":"Ada","age":36},{"name":"Bob, \"B\"","age":null},{"name":"<Cy>","city":"Köln"}]""";

    [Theory]
    [InlineData("FlowLite.Compose", """{"inputs":{"type":"Object","value":{"a":1.10}}}""", """{"a":1.10}""")]
    [InlineData("FlowLite.Compose", """{"inputs":{"type":"Liquid","value":"{{ Variables.list.size }} people"}}""", "\"3 people\"")]
    [InlineData("FlowLite.Compose", "{}", "null")]
    [InlineData("FlowLite.ParseJson", """{"content":{"type":"Literal","value":"{\"a\":[1.50]}"}}""", """{"a":[1.50]}""")]
    [InlineData("FlowLite.ParseJson", """{"content":{"type":"Object","value":{"a":1}},"schema":{"type":"object","required":["a"]}}""", """{"a":1}""")]
    [InlineData("FlowLite.Select", """{"map":{"type":"JavaScript","value":"({n: item.name, i: item.age + 1})"}}""", """[{"n":"Ada","i":37},{"n":"Bob, \"B\"","i":1},{"n":"<Cy>","i":null}]""")]
    [InlineData("FlowLite.Select", """{"map":{"type":"Scriban","value":"{{ item.name }}"}}""", """["Ada","Bob, \"B\"","<Cy>"]""")]
    [InlineData("FlowLite.Select", """{"map":{"who":{"expression":{"type":"Liquid","value":"{{ item.name | upcase }}"}},"kind":{"expression":{"type":"Literal","value":"x"}}}}""", """[{"who":"ADA","kind":"x"},{"who":"BOB, \"B\"","kind":"x"},{"who":"<CY>","kind":"x"}]""")]
    [InlineData("FlowLite.Select", """{"from":{"type":"Literal","value":"[]"},"map":{"type":"Literal","value":1}}""", "[]")]
    [InlineData("FlowLite.FilterArray", """{"condition":{"type":"JavaScript","value":"item.age > 30"}}""", """[{"name":"Ada","age":36}]""")]
    [InlineData("FlowLite.FilterArray", """{"condition":{"type":"Scriban","value":"{{ item.city }}"},"from":{"type":"Literal","value":"[{\"city\":true},{\"city\":\"False\"},{}]"}}""", """[{"city":true}]""")]
    [InlineData("FlowLite.FilterArray", """{"condition":{"type":"Liquid","value":"{% if item.name contains 'B' %}true{% endif %}"}}""", """[{"name":"Bob, \"B\"","age":null}]""")]
    [InlineData("FlowLite.Join", """{"from":{"type":"Object","value":[1.50,"a",null,{"b":2}]},"joinWith":{"type":"Literal","value":"; "}}""", """
        "1.50; a; ; {\"b\":2}"
        """)]
    [InlineData("FlowLite.Join", """{"from":{"type":"Object","value":["",""]}}""", "\",\"")]
    [InlineData("FlowLite.CreateCsvTable", "{}", """
        "name,age,city\r\nAda,36,\r\n\"Bob, \"\"B\"\"\",,\r\n<Cy>,,Köln\r\n"
        """)]
    [InlineData("FlowLite.CreateCsvTable", """{"columns":{"Full \"name\"":{"expression":{"type":"Scriban","value":"{{ item.name }}"}},"Years":{"expression":{"type":"JavaScript","value":"item.age || 0"}}}}""", """
        "\"Full \"\"name\"\"\",Years\r\nAda,36\r\n\"Bob, \"\"B\"\"\",0\r\n<Cy>,0\r\n"
        """)]
    [InlineData("FlowLite.CreateHtmlTable", """{"columns":{"<Name>":{"expression":{"type":"Scriban","value":"{{ item.name }}"}}}}""", """
        "<table><thead><tr><th>&lt;Name&gt;</th></tr></thead><tbody><tr><td>Ada</td></tr><tr><td>Bob, &quot;B&quot;</td></tr><tr><td>&lt;Cy&gt;</td></tr></tbody></table>"
        """)]
    [InlineData("FlowLite.CreateHtmlTable", """{"from":{"type":"Object","value":[]}}""", "\"<table><thead><tr></tr></thead><tbody></tbody></table>\"")]
    [InlineData("FlowLite.AppendToArray", """{"variable":"list","value":{"type":"Literal","value":4}}""", """[{"name":"Ada","age":36},{"name":"Bob, \"B\"","age":null},{"name":"<Cy>","city":"Köln"},4]""")]
    [InlineData("FlowLite.AppendToArray", """{"variable":"none","value":{"type":"Literal","value":"x"}}""", "[\"x\"]")]
    [InlineData("FlowLite.AppendToString", """{"variable":"text","value":{"type":"Literal","value":"b"}}""", "\"ab\"")]
    [InlineData("FlowLite.AppendToString", """{"variable":"none","value":{"type":"Object","value":{"a":1}}}""", """
        "{\"a\":1}"
        """)]
    [InlineData("FlowLite.Increment", """{"variable":"price"}""", "1.10")]
    [InlineData("FlowLite.Increment", """{"variable":"price","by":{"type":"Literal","value":"0.20"}}""", "0.30")]
    [InlineData("FlowLite.Decrement", """{"variable":"none"}""", "-1")]
    [InlineData("FlowLite.Decrement", """{"variable":"price","by":{"type":"JavaScript","value":"0.1"}}""", "0.00")]
    public async Task Operation_OnGoodInput_GivesItsResult(string type, string inputs, string expected)
    {
        var (state, _) = await ScriptRunTests.RunAsync(Document(type, inputs));

        state.Incidents.Should().BeEmpty();
        var result = state.Actions["op"].Outputs!.Value.GetProperty("Result");
        // Texts of numbers count: decimals stay exact.
        (result.ValueKind == JsonValueKind.Number ? result.GetRawText() == expected : JsonElement.DeepEquals(result, JsonElement.Parse(expected)))
            .Should().BeTrue($"the result is {result.GetRawText()}");
    }

    [Theory]
    [InlineData("FlowLite.ParseJson", """{"content":{"type":"Literal","value":"{\"a\":"}}""", "InvalidJson", "Content is not valid JSON (line 1, byte 6).")]
    [InlineData("FlowLite.ParseJson", """{"content":{"type":"Object","value":{"a":"x","b":{}}},"schema":{"properties":{"a":{"type":"integer"},"b":{"required":["c"]}}}}""", "SchemaValidationFailed", "/a: *")]
    [InlineData("FlowLite.Select", """{"from":{"type":"Literal","value":"nope"},"map":{"type":"Literal","value":1}}""", "InvalidInput", "From has to be a list; it is \"nope\".")]
    [InlineData("FlowLite.Select", """{"map":{"type":"JavaScript","value":"item.no.no"}}""", "ExpressionFailed", "Map: Cannot read properties of undefined*line 1*")]
    [InlineData("FlowLite.FilterArray", """{"condition":{"type":"JavaScript","value":"'maybe'"}}""", "InvalidInput", "\"maybe\" is not a boolean*")]
    [InlineData("FlowLite.CreateCsvTable", """{"from":{"type":"Object","value":[1]}}""", "InvalidInput", "The rows of a table have to be objects; one is 1.")]
    [InlineData("FlowLite.AppendToArray", """{"variable":"text"}""", "InvalidInput", "The variable has to be a list; it is \"a\".")]
    [InlineData("FlowLite.Increment", """{"variable":"text"}""", "InvalidInput", "\"a\" is not a number.")]
    [InlineData("FlowLite.Increment", """{"variable":"price","by":{"type":"Literal","value":"79228162514264337593543950335"}}""", "ValueTooLarge", "The number has too many digits.")]
    [InlineData("FlowLite.Join", """{"from":{"type":"JavaScript","value":"Array(50).fill('x'.repeat(3e5))"}}""", "*", "*")]
    [InlineData("FlowLite.Select", """{"from":{"type":"JavaScript","value":"Array(100001).fill(0)"},"map":{"type":"Literal","value":1}}""", "ValueTooLarge", "From has 100001 items; more than 100000 are not taken.")]
    [InlineData("FlowLite.Select", """{"from":{"type":"JavaScript","value":"Array(2000).fill(0)"},"map":{"type":"JavaScript","value":"'x'.repeat(10000)"}}""", "ValueTooLarge", "The result is larger than 10485760 bytes.")]
    public async Task Operation_OnBadInput_FailsWithACodeAndTheReason(string type, string inputs, string code, string message)
    {
        var (state, _) = await ScriptRunTests.RunAsync(Document(type, inputs));

        var failure = state.Incidents.Should().ContainSingle().Subject.Failure;
        failure.Code.Should().Match(code);
        failure.Message.Should().Match(message);
    }

    [Theory]
    [InlineData("]", "Content is nested deeper than 64 levels.")]
    [InlineData("}", "Content is not valid JSON (line 1, byte 65).")]
    public async Task ParseJson_TextThatIsNestedTooDeep_IsToldFromTextThatIsNoJson(string close, string message)
    {
        var text = new string('[', 65) + string.Concat(Enumerable.Repeat(close, 65));

        var (state, _) = await ScriptRunTests.RunAsync(Document("FlowLite.ParseJson", $$$"""{"content":{"type":"Literal","value":"{{{text}}}"}}"""));

        state.Incidents.Should().ContainSingle().Which.Failure.Should().Match<RunFailure>(f => f.Code == "InvalidJson" && f.Message == message);
    }

    [Fact]
    public async Task ParseJson_Mismatches_AreListedWithTheirPaths()
    {
        var (state, _) = await ScriptRunTests.RunAsync(Document("FlowLite.ParseJson",
            """{"content":{"type":"Object","value":{"a":"x","b":[1,"y"]}},"schema":"{\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"items\":{\"type\":\"integer\"}}}}"}"""));

        state.Incidents.Single().Failure.Details!.Value.EnumerateArray().Select(error => error.GetProperty("path").GetString()).Should().Equal("/a", "/b/1");
    }

    [Theory]
    [InlineData("FlowLite.ParseJson", """{"content":{"type":"Literal","value":"1"},"schema":{"type":1}}""", "Schema: *")]
    [InlineData("FlowLite.ParseJson", """{"content":{"type":"Literal","value":"1"},"schema":"{"}""", "Schema: *")]
    [InlineData("FlowLite.Select", """{"map":{"type":"JavaScript","value":"item."}}""", "*")]
    [InlineData("FlowLite.Select", """{"map":{"who":{"expression":{"type":"Liquid","value":"{% if %}"}}}}""", "A value is missing.")]
    [InlineData("FlowLite.Select", "{}", "Map is required.")]
    public void Publish_BadSettings_AreProblems(string type, string inputs, string message) =>
        FluentActions.Invoking(() => new EffectWorld().Compile(JsonElement.Parse(Document(type, inputs))))
            .Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle().Which.Message.Should().Match(message);

    [Theory]
    [InlineData("2026-03-01T13:00:00Z", 60)]
    [InlineData("2026-03-01T12:00:10+00:00", 0.1667)]
    [InlineData("2020-01-01", 0)]
    public async Task DelayUntil_Timestamp_WaitsForIt(string timestamp, double minutes)
    {
        var (state, _) = await ScriptRunTests.RunAsync(Document("FlowLite.DelayUntil", $$$"""{"timestamp":{"type":"Literal","value":"{{{timestamp}}}"}}"""));

        state.Status.Should().Be(RunStatus.Succeeded);
        (state.FinishedAt!.Value - state.Start.At).TotalMinutes.Should().BeApproximately(minutes, 0.01);
    }

    /// <summary>A run of one operation; inputs are <c>{"type","value"}</c>, or as the document has them.</summary>
    private static string Document(string type, string inputs)
    {
        var operation = new JsonObject { ["id"] = "op", ["type"] = type };
        var needsList = type is "FlowLite.Select" or "FlowLite.FilterArray" or "FlowLite.Join" or "FlowLite.CreateCsvTable" or "FlowLite.CreateHtmlTable";
        if (needsList)
        {
            operation["from"] = Expression("Variable", "list");
        }

        foreach (var (name, value) in JsonNode.Parse(inputs)!.AsObject())
        {
            operation[name] = value is JsonObject { Count: 2 } input && input["type"] is JsonValue kind && input.ContainsKey("value")
                ? Expression(kind.GetValue<string>(), input["value"]!.DeepClone())
                : name == "variable" ? new JsonObject { ["id"] = value!.DeepClone() } : value!.DeepClone();
        }

        return new JsonObject
        {
            ["definitionId"] = "t",
            ["root"] = operation,
            ["variables"] = new JsonArray(
                Variable("list", JsonNode.Parse(People)!), Variable("none", null), Variable("text", "a"), Variable("price", JsonNode.Parse("0.10")!)),
        }.ToJsonString();
    }

    private static JsonObject Expression(string type, JsonNode value) => new() { ["expression"] = new JsonObject { ["type"] = type, ["value"] = value } };

    private static JsonObject Variable(string name, JsonNode? value) => new() { ["id"] = name, ["name"] = name, ["value"] = value };
}
