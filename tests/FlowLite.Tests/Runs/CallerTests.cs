using System.Text.Json;
using FlowLite.Activities.Http;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Who calls a run hears what became of that call, whatever else comes for the run.</summary>
public sealed class CallerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private const string TwoMethods = """
        {"root":{"id":"s","type":"Elsa.Sequence","activities":[
            {"id":"e","type":"Elsa.HttpEndpoint","path":{"expression":{"type":"Literal","value":"x"}},"supportedMethods":{"expression":{"type":"Object","value":"[\"POST\",\"PUT\"]"}}},
            {"id":"r","type":"Elsa.WriteHttpResponse","content":{"expression":{"type":"JavaScript","value":"return getOutputFrom('e','ParsedContent')"}}}]}}
        """;

    private const string TwoBranches = """
        {"root":{"id":"p","type":"Elsa.Parallel","activities":[
            {"id":"sa","type":"Elsa.Sequence","activities":[
                {"id":"a","type":"Elsa.HttpEndpoint","path":{"expression":{"type":"Literal","value":"a"}}},
                {"id":"x","type":"Test.Effect"},
                {"id":"ra","type":"Elsa.WriteHttpResponse","content":{"expression":{"type":"Literal","value":"a"}}}]},
            {"id":"sb","type":"Elsa.Sequence","activities":[
                {"id":"b","type":"Elsa.HttpEndpoint","path":{"expression":{"type":"Literal","value":"b"}}},
                {"id":"rb","type":"Elsa.WriteHttpResponse","content":{"expression":{"type":"Literal","value":"b"}}}]}]}}
        """;

    [Fact]
    public async Task TwoCallsForOneWait_OneIsAnswered_TheOtherHearsThatNobodyTookIt()
    {
        await using var engine = new TestEngine();
        var run = await WaitingAsync(engine, TwoMethods);
        using var post = await ExpectAsync(engine, engine.Responses, run, "POST", "/x");
        using var put = await ExpectAsync(engine, engine.Responses, run, "PUT", "/x");

        // Both are there before the run is loaded.
        await engine.Store.SendAsync([new SignalSent(Call(run, "POST", "/x"))]);
        await engine.Runs.SignalAsync(Call(run, "PUT", "/x"));

        Body(await post.Answer.WaitAsync(Long)).Should().Be("POST");
        (await put.Answer.WaitAsync(Long)).Should().Be(new RunAnswer(null, null));
        await engine.Reaches(run, RunStatus.Succeeded);
    }

    [Fact]
    public async Task TwoCalls_WhenTheAnswerOfOneCantBeStored_EachGetsItsOwn()
    {
        await using var engine = new TestEngine();
        var run = await WaitingAsync(engine, TwoBranches);
        using var first = await ExpectAsync(engine, engine.Responses, run, "GET", "/a");
        using var second = await ExpectAsync(engine, engine.Responses, run, "GET", "/b");
        var refusals = 3;
        engine.Store.Refuses = append => Contains(append, "\"ra\"") && Interlocked.Decrement(ref refusals) >= 0;

        await engine.Store.SendAsync([new SignalSent(Call(run, "GET", "/a"))]);
        await engine.Runs.SignalAsync(Call(run, "GET", "/b"));

        Body(await first.Answer.WaitAsync(Long)).Should().Be("a");
        Body(await second.Answer.WaitAsync(Long)).Should().Be("b");
        await engine.Reaches(run, RunStatus.Succeeded);
        refusals.Should().BeLessThan(0);
    }

    [Fact]
    public async Task Call_AfterARestartInTheMiddleOfAnother_GetsItsOwnAnswer()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = new TestEngine();
        engine.World.OnCall = _ => open.Task;
        var run = await WaitingAsync(engine, TwoBranches);
        await engine.Runs.SignalAsync(Call(run, "GET", "/a"));
        await UntilAsync(() => engine.World.Calls == 1);

        // As if the server had died: the caller is gone.
        var responses = new PendingResponses();
        using var next = engine.Again(responses: responses);
        await next.StartAsync();
        await UntilAsync(() => engine.World.Calls == 2);
        using var second = await ExpectAsync(engine, responses, run, "GET", "/b");
        await next.SignalAsync(Call(run, "GET", "/b"));
        open.SetResult();

        Body(await second.Answer.WaitAsync(Long)).Should().Be("b");
        await engine.Reaches(run, RunStatus.Succeeded);
        engine.World.Records.Should().ContainSingle();
        await next.StopAsync(CancellationToken.None);
    }

    private static async Task<Guid> WaitingAsync(TestEngine engine, string definition)
    {
        var workflow = engine.Publish(definition);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Suspended);
        return run;
    }

    private static async Task<PendingResponse> ExpectAsync(TestEngine engine, PendingResponses responses, Guid run, string method, string path)
    {
        var key = EndpointKeys.Of(method, path);
        return responses.ExpectOfWoken(run, (await engine.Store.FindBookmarksAsync(BookmarkKind.Http, key, null, 1))[0].Instance, key);
    }

    private static Signal Call(Guid run, string method, string path) => new(BookmarkKind.Http, EndpointKeys.Of(method, path))
    {
        RunId = run,
        Payload = JsonElement.Parse($$"""{"body":"{{method}}"}"""),
        AwaitsResponse = true,
    };

    private static string? Body(RunAnswer answer) => answer.Response!.Value.GetProperty("Body").GetString();

    private static bool Contains(RunAppend append, string text) => System.Text.Encoding.UTF8.GetString(append.Events.Span).Contains(text, StringComparison.Ordinal);

    private static async Task UntilAsync(Func<bool> holds)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!holds())
        {
            since.Elapsed.Should().BeLessThan(Long);
            await Task.Yield();
        }
    }
}
