using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace FlowLite.BrowserTests;

/// <summary>Every page in both themes: it loads without an error, what is ours in it has no serious obstacle, and a picture of it is kept.</summary>
[Collection(Browser.Collection)]
public sealed class PagesTests(Browser browser, ITestOutputHelper output)
{
    // The Studio's own elements are not ours to mend.
    private const string Studios = "#studio";

    private const string Flow = """
        {"model":{"definitionId":"pages","name":"Pages","root":{"id":"flow","type":"Elsa.Flowchart","version":1,"name":"Flowchart1",
        "activities":[{"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request","customProperties":{"canStartWorkflow":true}}],
        "connections":[]}},"publish":true}
        """;

    public static TheoryData<string, ColorScheme> Pages
    {
        get
        {
            var data = new TheoryData<string, ColorScheme>();
            foreach (var page in (string[])["flows", "designer", "runs", "run"])
            {
                data.Add(page, ColorScheme.Light);
                data.Add(page, ColorScheme.Dark);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_InATheme_LoadsWithoutErrorsAndObstacles(string name, ColorScheme scheme)
    {
        await using var server = await TestServer.StartAsync();
        var run = await StartARunAsync(server);
        await using var session = await StudioSession.SignInAsync(server, browser, scheme);
        var page = session.Page;

        var (path, there) = name switch
        {
            "designer" => ("/studio/workflows/definitions/pages/edit", ".x6-node"),
            "runs" => ("/studio/workflows/instances", "#studio td"),
            "run" => ($"/studio/workflows/instances/{run}/view", ".x6-node"),
            _ => ("/studio/workflows/definitions", "#studio td"),
        };
        await session.OpenAsync(path);
        await page.Locator(there).First.WaitForAsync();
        await session.ScreenshotAsync($"{name}-{scheme}");

        var found = await page.RunAxe(new AxeRunContext { Exclude = [new AxeSelector(Studios)] });
        found.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{violation.Id}: {string.Join("; ", violation.Nodes.Select(node => node.Html))}").Should().BeEmpty();
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Designer_ColdAndWarm_SaysHowLongItTakes()
    {
        await using var server = await TestServer.StartAsync();
        await StartARunAsync(server);
        await using var session = await StudioSession.SignInAsync(server, browser);
        var page = session.Page;
        long bytes = 0;
        page.RequestFinished += async (_, request) =>
        {
            var sizes = await request.SizesAsync();
            Interlocked.Add(ref bytes, sizes.ResponseBodySize);
        };

        foreach (var load in (string[])["first", "second"])
        {
            Interlocked.Exchange(ref bytes, 0);
            await session.OpenAsync("/studio/workflows/definitions/pages/edit");
            await page.Locator(".x6-node").First.WaitForAsync();
            var milliseconds = await page.EvaluateAsync<double>("performance.now()");
            output.WriteLine($"{load} load of the designer: {milliseconds:0} ms to the first activity, {Interlocked.Read(ref bytes) / 1024:0} KB read");
        }

        session.Problems.Should().BeEmpty();
    }

    private static async Task<string> StartARunAsync(TestServer server)
    {
        using var admin = await server.SignInAsync();
        using var saved = await admin.PostAsync("/elsa/api/workflow-definitions", new StringContent(Flow, System.Text.Encoding.UTF8, "application/json"));
        saved.EnsureSuccessStatusCode();
        using var callback = await admin.PostAsync("/api/flows/pages/triggers/manual/listCallbackUrl", null);
        var url = System.Text.Json.JsonElement.Parse(await callback.Content.ReadAsStringAsync()).GetProperty("value").GetString()!;
        using var answer = await server.Client.PostAsync(url, new StringContent("{}", System.Text.Encoding.UTF8, "application/json"));
        answer.EnsureSuccessStatusCode();
        return answer.Headers.GetValues("x-ms-workflow-run-id").Single();
    }
}
