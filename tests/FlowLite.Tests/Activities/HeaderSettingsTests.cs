using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Activities;

/// <summary>Headers and status codes that are known without a run are looked at when the flow is published.</summary>
public sealed class HeaderSettingsTests
{
    [Theory]
    [InlineData("FlowLite.Response", "headers")]
    [InlineData("Elsa.WriteHttpResponse", "responseHeaders")]
    [InlineData("Elsa.SendHttpRequest", "requestHeaders")]
    [InlineData("Elsa.FlowSendHttpRequest", "requestHeaders")]
    [InlineData("Elsa.DownloadHttpFile", "requestHeaders")]
    public void Compile_HeadersThatHttpDoesNotAllow_AreProblems(string type, string input)
    {
        Problems(type, input, """{"X Y":"1"}""").Should().ContainSingle().Which.Should().Contain("'X Y'");
        Problems(type, input, """{"X-Y":"a\nb"}""").Should().ContainSingle().Which.Should().Contain("'X-Y'");
        Problems(type, input, """[1]""").Should().ContainSingle().Which.Should().Contain("object");
        Problems(type, input, """{"X-Y":["1","2"]}""").Should().BeEmpty();
        Problems(type, input, "{{ variables.headers }}", "Scriban").Should().BeEmpty();
    }

    [Theory]
    [InlineData("FlowLite.Response", "302")]
    [InlineData("FlowLite.Response", "600")]
    [InlineData("Elsa.WriteHttpResponse", "100")]
    [InlineData("Elsa.WriteHttpResponse", "600")]
    public void Compile_StatusCodesThatCantBeSent_AreProblems(string type, string status)
    {
        Problems(type, "statusCode", status, "Literal").Should().ContainSingle().Which.Should().Contain(status);
        Problems(type, "statusCode", "404", "Literal").Should().BeEmpty();
        Problems(type, "statusCode", "{{ variables.status }}", "Scriban").Should().BeEmpty();
    }

    private static IEnumerable<string> Problems(string type, string input, string setting, string language = "Object")
    {
        var document = JsonSerializer.SerializeToElement(new Dictionary<string, object>
        {
            ["definitionId"] = "t",
            ["root"] = new Dictionary<string, object>
            {
                ["id"] = "a",
                ["type"] = type,
                ["url"] = new { expression = new { type = "Literal", value = "https://api.test/200" } },
                [input] = new { expression = new { type = language, value = setting } },
            },
        });
        try
        {
            new EffectWorld().Compile(document);
            return [];
        }
        catch (InvalidDefinitionException e)
        {
            return e.Problems.Select(p => p.Message);
        }
    }
}
