using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Studio;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Endpoints that anybody may call are marked wherever they are listed; what others ask for is checked when they are published.</summary>
public sealed class OpenEndpointsTests
{
    [Fact]
    public async Task OpenEndpoint_IsMarkedAtTheStartInTheListAndInTheApi()
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.SignInAsync();
        await client.SaveAsync(Sequence("anybody", Endpoint("e", "anybody/calls")), publish: true);
        await client.SaveAsync(Sequence("somebody", Endpoint("e", "somebody/calls", more: ("authorize", Input("Literal", "True")))), publish: true);

        using var browser = await Browser.SignInAsync(server);
        using var page = await browser.GetAsync("/studio/workflows/definitions");
        (await page.Content.ReadAsStringAsync()).Should().Contain("/workflows/anybody/calls").And.NotContain("/workflows/somebody/calls");
        (await IsOpenAsync(client, "anybody"), await IsOpenAsync(client, "somebody")).Should().Be((true, false));

        await server.RestartAsync();

        var banner = server.Output.Split('\n').Where(line => line.Contains("/calls", StringComparison.Ordinal)).TakeLast(2).ToList();
        banner.Should().ContainSingle(line => line.Contains("anybody/calls")).Which.Should().MatchRegex(@"^\s+open\s+POST .*anybody may call");
        banner.Should().ContainSingle(line => line.Contains("somebody/calls")).Which.Should().MatchRegex(@"^\s+endpoint\s+POST .*calls\s*$");
    }

    [Theory]
    [InlineData("True", "Nobodys", false)]
    [InlineData("True", "Session", true)]
    [InlineData("False", "Nobodys", true)]
    public async Task Policy_OfAnEndpoint_HasToBeKnownWhereItIsAskedFor(string authorize, string policy, bool isPublished)
    {
        await using var server = await TestServer.StartAsync();
        var flow = Sequence("policy", Endpoint("e", "policy", more: [("authorize", Input("Literal", authorize)), ("policy", Input("Literal", policy))]));

        var publish = () => server.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonSerializer.SerializeToElement(flow), publish: true);

        if (isPublished)
        {
            await publish.Should().NotThrowAsync();
        }
        else
        {
            var problem = (await publish.Should().ThrowAsync<InvalidDefinitionException>()).Which.Problems.Should().ContainSingle().Subject;
            (problem.ActivityId, problem.Path).Should().Be(("e", "/root/activities/0/policy"));
        }
    }

    [Fact]
    public async Task Policy_ThatIsKnown_IsAskedOfWhoIsSignedIn()
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.SignInAsync();
        await client.SaveAsync(Sequence("pages", Endpoint("e", "pages", more: [("authorize", Input("Literal", "True")), ("policy", Input("Literal", "Session"))])), publish: true);
        using var nobody = new HttpClient { BaseAddress = server.Address };

        (await client.PostAsJsonAsync("/workflows/pages", 1)).StatusCode.Should().Be(HttpStatusCode.OK);
        (await nobody.PostAsJsonAsync("/workflows/pages", 1)).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private static async Task<bool> IsOpenAsync(HttpClient client, string flow) =>
        (await client.GetFromJsonAsync<JsonElement>($"/api/flows/{flow}/triggers")).GetProperty("endpoints")[0].GetProperty("isOpen").GetBoolean();
}
