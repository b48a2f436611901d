using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Endpoints;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>
/// The real server in too little memory for what comes at once. It answers 503 or takes what came, what it took runs to its end once, and
/// it lives on.
/// </summary>
[Collection(CrashMatrix.Collection)]
public sealed class LittleMemoryTests
{
    private const int Uploads = 10;
    private const int Size = 12_000_000;
    private const int Callers = 40;

    /// <summary>It was thirty times its size once.</summary>
    [Fact]
    public async Task LargeUpload_TakesNoMoreThanFifteenTimesItsSize()
    {
        using var server = await StartAsync([], Upload());
        using var http = new HttpClient { BaseAddress = server.Address };
        (await UploadAsync(http, RandomNumberGenerator.GetBytes(1_000_000))).Should().Be(HttpStatusCode.OK);
        var content = RandomNumberGenerator.GetBytes(Size);
        var before = server.Memory;
        server.ForgetPeak();

        (await UploadAsync(http, content)).Should().Be(HttpStatusCode.OK);

        (server.PeakMemory - before).Should().BeInRange(Size, 15 * Size);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("100000000000")]
    public async Task ManyLargeUploadsAtOnce_AreTakenOrRefused_AndNoneIsLost(string? largeBodyMemory)
    {
        // 384 MB, in hexadecimal digits.
        var settings = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x18000000" };
        if (largeBodyMemory is not null)
        {
            // As if nothing held them back: then it really runs out of memory.
            settings["FlowLite__Engine__LargeBodyMemory"] = largeBodyMemory;
        }

        using var server = await StartAsync(settings, Upload());
        using var http = new HttpClient { BaseAddress = server.Address };
        var content = RandomNumberGenerator.GetBytes(Size);

        var answers = await Task.WhenAll(Enumerable.Range(0, Uploads).Select(_ => UploadAsync(http, content)));

        answers.Should().OnlyContain(status => status == HttpStatusCode.OK || status == HttpStatusCode.Accepted || status == HttpStatusCode.ServiceUnavailable, server.Output);
        var taken = answers.Count(status => status != HttpStatusCode.ServiceUnavailable);
        taken.Should().BePositive();
        using var small = await http.PostAsync("/workflows/upload", new StringContent("{}", Encoding.UTF8, "application/json"));
        small.StatusCode.Should().Be(HttpStatusCode.OK);
        await SignInAsync(http);
        await Eventually.UntilAsync(async () => (await StatusesAsync(http)).All(status => status == "Succeeded"), "the runs' ends");
        (await StatusesAsync(http)).Should().HaveCount(taken + 1);
    }

    /// <summary>Their runs are on disk until it is their turn. What the callers sent is many times what the server may have in memory.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ManyCallers_WhoseRunsWaitForTheirTurn_DontHoldWhatTheySent(bool isMidFlow)
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var slow = await Receiver.StartAsync(_ => opened.Task);
        // 192 MB, in hexadecimal digits.
        var settings = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0xC000000", ["FlowLite__Engine__ConcurrentRunsPerFlow"] = "1" };
        var send = new JsonObject { ["id"] = "s", ["type"] = "Elsa.SendHttpRequest", ["version"] = 1, ["url"] = EndpointFlows.Input("Literal", slow.Address.ToString()) };
        using var server = isMidFlow ? await StartAsync(settings, EndpointFlows.Endpoint("b", "begin"), Upload(starts: false), send) : await StartAsync(settings, Upload(), send);
        using var http = new HttpClient { BaseAddress = server.Address };
        await SignInAsync(http);
        var content = RandomNumberGenerator.GetBytes(4_000_000);
        var waiting = new List<string>();
        for (var i = 0; isMidFlow && i < Callers; i++)
        {
            using var begun = await http.PostAsync("/workflows/begin", null);
            waiting.Add($"?workflowInstanceId={begun.Headers.GetValues("x-elsa-workflow-instance-id").Single()}");
        }

        // One after the other: only what is held is in memory at once.
        var answers = new List<Task<HttpStatusCode>>();
        for (var i = 0; i < Callers && !answers.Exists(answer => answer.IsCompleted); i++)
        {
            answers.Add(UploadAsync(http, content, isMidFlow ? waiting[i] : ""));
            await Eventually.UntilAsync(
                async () => answers.Exists(answer => answer.IsCompleted) || (await StatusesAsync(http)).Count(status => status == "Running") == answers.Count, "the request's run");
        }

        answers.Count(answer => answer.IsCompleted).Should().Be(0, server.Output);
        opened.SetResult();
        (await Task.WhenAll(answers)).Should().OnlyContain(status => status == HttpStatusCode.OK, server.Output);
    }

    private static JsonObject Upload(bool starts = true) =>
        EndpointFlows.Endpoint("e", "upload", starts: starts, more: ("requestSizeLimit", EndpointFlows.Input("Literal", "20000000")));

    private static async Task<ChildProcess> StartAsync(Dictionary<string, string> settings, params JsonNode[] activities)
    {
        var directory = Directory.CreateTempSubdirectory("flowlite-memory-").FullName;
        var flow = EndpointFlows.Sequence("upload", activities);
        Directory.CreateDirectory(Path.Combine(directory, "workflows"));
        await File.WriteAllTextAsync(Path.Combine(directory, "workflows", "upload.json"), flow.ToJsonString());
        settings["FlowLite__AdminPassword"] = "little-memory-password";
        settings["FlowLite__Engine__StoreRetryDelay"] = "00:00:00.2";
        return await ChildProcess.StartAsync("FlowLite.Server", directory, settings);
    }

    private static async Task<HttpStatusCode> UploadAsync(HttpClient http, byte[] content, string query = "")
    {
        using var form = new MultipartFormDataContent();
        var part = new ByteArrayContent(content);
        part.Headers.ContentType = new MediaTypeHeaderValue("application/x-test");
        form.Add(part, "upload", "a.bin");
        using var answer = await http.PostAsync($"/workflows/upload{query}", form);
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            answer.Headers.RetryAfter!.Delta.Should().BePositive();
            JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("message").GetString().Should().NotBeNullOrEmpty();
        }

        return answer.StatusCode;
    }

    private static async Task SignInAsync(HttpClient http)
    {
        using var answer = await http.PostAsync("/elsa/api/identity/login", new StringContent(
            new JsonObject { ["username"] = "admin", ["password"] = "little-memory-password" }.ToJsonString(), Encoding.UTF8, "application/json"));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("accessToken").GetString());
    }

    private static async Task<IReadOnlyList<string>> StatusesAsync(HttpClient http) =>
        [.. JsonElement.Parse(await http.GetStringAsync("/api/flows/upload/runs")).GetProperty("value").EnumerateArray().Select(run => run.GetProperty("status").GetString()!)];
}
