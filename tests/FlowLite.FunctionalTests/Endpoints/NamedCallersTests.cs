using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Who sends a start again under its name hears what the first heard.</summary>
public sealed class NamedCallersTests : IAsyncLifetime
{
    private TriggerHost _host = null!;

    public async Task InitializeAsync() => _host = await TriggerHost.StartAsync(BrokenRunStore.Replace);

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private BrokenRunStore Store => BrokenRunStore.Of(_host.Services);

    [Fact]
    public async Task Repeat_OfASecureAnswer_IsTheAnswer()
    {
        var respond = Respond("r", "return { word: 'hidden' }", "Accepted");
        respond["customProperties"] = new JsonObject { ["secureOutputs"] = true, ["secureInputs"] = true };
        respond["responseHeaders"] = Input("Object", """{"x-word":"hidden"}""");
        await _host.PublishAsync(Sequence("secure", Endpoint("e", "secure"), respond));

        var first = await StartAsync("secure");
        var again = await StartAsync("secure");

        first.Should().Be((202, "application/json", """{"word":"hidden"}"""));
        again.Should().Be(first);
    }

    [Fact]
    public async Task Repeat_OfAStartThatWasNotAnswered_IsNotToldWhatALaterCallIs()
    {
        var approve = Endpoint("approve", "later/approve", starts: false, more: ("authorize", Input("Literal", "True")));
        await _host.PublishAsync(Sequence("later", Endpoint("e", "later"), approve, Respond("r", "return 'for the approver'")));
        (await StartAsync("later")).Should().Be((200, null, ""));

        (await _host.Api.PostAsync("/workflows/later/approve", new StringContent("{}")).ReadAsync()).Body.Should().Be("for the approver");

        (await StartAsync("later")).Should().Be((200, null, ""));
    }

    [Fact]
    public async Task NameOfARun_ThatAnotherEndpointStarted_IsRefused()
    {
        await _host.PublishAsync(TwoStarts());
        using var first = await _host.Api.PostAsync("/workflows/two/closed?workflowInstanceId=n1", new StringContent("{}"));
        (await first.Content.ReadAsStringAsync()).Should().Be("for the administrator");

        var open = await StartAsync("two/open");

        open.Status.Should().Be(409);
        open.Body.Should().NotContain("administrator");
        (await _host.InboxAsync("two")).Should().ContainSingle().Which.ReasonCode.Should().Be("WorkflowInstanceIdTaken");
        (await _host.RunsAsync("two")).Should().ContainSingle();
    }

    [Fact]
    public async Task Repeat_WhileTheAnswerIsBeingStored_IsAnsweredToo()
    {
        await _host.PublishAsync(Sequence("stored", Endpoint("e", "stored"), Respond("r", "return 'ok'")));
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Holds = append => append.FirstSeq > 0 ? hold.Task : Task.CompletedTask;
        var first = StartAsync("stored");
        await Eventually.UntilAsync(() => Store.Held == 1, "the answer on its way to the disk");

        var reads = Store.Reads;
        var again = StartAsync("stored");
        await Eventually.UntilAsync(() => Store.Reads > reads, "the repeat");
        hold.SetResult();

        (await first).Body.Should().Be("ok");
        (await again.WaitAsync(TimeSpan.FromSeconds(10))).Should().Be(await first);
    }

    private Task<(int Status, string? Type, string Body)> StartAsync(string path) => _host.PostAsync($"/workflows/{path}?workflowInstanceId=n1", "{}").ReadAsync();

    /// <summary>An open endpoint and one that is not, each of which starts the flow and has its own answer.</summary>
    private static JsonObject TwoStarts()
    {
        var flow = Sequence("two");
        flow["root"] = new JsonObject
        {
            ["id"] = "root",
            ["type"] = "Elsa.Flowchart",
            ["version"] = 1,
            ["activities"] = new JsonArray(
                Endpoint("open", "two/open"),
                Endpoint("closed", "two/closed", more: ("authorize", Input("Literal", "True"))),
                Respond("ro", "return 'for everybody'"),
                Respond("rc", "return 'for the administrator'")),
            ["connections"] = new JsonArray(Connection("open", "ro"), Connection("closed", "rc")),
        };
        return flow;
    }

    private static JsonObject Connection(string source, string target) => new()
    {
        ["source"] = new JsonObject { ["activity"] = source, ["port"] = "Done" },
        ["target"] = new JsonObject { ["activity"] = target, ["port"] = "In" },
    };
}
