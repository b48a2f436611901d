using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Definitions;

public sealed class DefinitionRacesTests : IAsyncLifetime
{
    private TriggerHost _host = null!;

    private WatchedDefinitionStore Store => WatchedDefinitionStore.Of(_host.Services);

    public async Task InitializeAsync() => _host = await TriggerHost.StartAsync(WatchedDefinitionStore.Replace);

    public async Task DisposeAsync() => await ((IAsyncDisposable)_host).DisposeAsync();

    [Fact]
    public async Task RegenerateKey_OfARetractedFlowThatIsLookedUpJustThen_KillsTheOldUrl()
    {
        var flow = await _host.PublishAsync("a");
        await RetractAsync("a");
        var (read, goOn) = Store.HoldNextSecrets();
        var early = _host.PostAsync(flow, "{}");
        await read;

        using (var regenerated = await _host.Api.PostAsJsonAsync("/api/flows/a/triggers/manual/regenerateAccessKey", new { keyType = "Primary" }))
        {
            regenerated.EnsureSuccessStatusCode();
        }

        goOn();
        using var first = await early;
        using var late = await _host.PostAsync(flow, "{}");

        await first.ShouldBeErrorAsync(400, "WorkflowTriggerIsNotEnabled");
        late.StatusCode.Should().Be(HttpStatusCode.Unauthorized, "its key is gone");
    }

    [Fact]
    public async Task Publish_OfAFlowThatWasLookedUpJustBefore_IsKnownAfterARetract()
    {
        var (read, goOn) = Store.HoldNextSecrets();
        using var probe = new StringContent("{}");
        var early = _host.Client.PostAsync("/workflows/a/triggers/manual/paths/invoke?api-version=2016-06-01&sp=x&sv=1.0&sig=x", probe);
        await read;

        var flow = await _host.PublishAsync("a");
        await RetractAsync("a");
        goOn();
        using var first = await early;
        using var late = await _host.PostAsync(flow, """{"lead":1}""");

        first.StatusCode.Should().Be(HttpStatusCode.NotFound);
        await late.ShouldBeErrorAsync(400, "WorkflowTriggerIsNotEnabled");
        (await _host.InboxAsync("a")).Should().ContainSingle();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_WhoseAnswerWasLost_IsOneFlow(bool publish)
    {
        Store.LosesAnswer = true;

        using var lost = await _host.Api.PostAsync(ServerTestFlows.Small(null, "New"), publish);
        var saved = await _host.Api.SaveAsync(ServerTestFlows.Small(null, "New"), publish);

        lost.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        (await lost.Content.ReadFromJsonAsync<JsonElement>()).ShouldHave("statusCode:n message:s errors:o");
        saved.State().Should().Be((1, true, publish));
        (await _host.Api.ListAsync("versionOptions=")).GetProperty("totalCount").GetInt32().Should().Be(1);
        (_host.Services.GetRequiredService<FlowCatalog>().Find(saved.Text("definitionId")) is not null).Should().Be(publish);
    }

    [Fact]
    public async Task Publish_WhoseAnswerWasLost_WorksWhenItIsSentAgain()
    {
        await _host.Api.SaveAsync(ServerTestFlows.Small("a"));
        Store.LosesAnswer = true;

        using var lost = await _host.Api.PostTextAsync($"{DefinitionsApi.Path}/a/publish", "{}");
        using var again = await _host.Api.PostTextAsync($"{DefinitionsApi.Path}/a/publish", "{}");

        lost.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        again.StatusCode.Should().Be(HttpStatusCode.OK);
        await _host.AcceptedAsync(_host.Services.GetRequiredService<FlowCatalog>().Find("a")!);
    }

    [Fact]
    public async Task Retract_WhoseAnswerWasLost_IsInForceWhenItIsSentAgain()
    {
        var flow = await _host.PublishAsync("a");
        Store.LosesAnswer = true;

        using var lost = await _host.Api.PostTextAsync($"{DefinitionsApi.Path}/a/retract", "{}");
        using var again = await _host.Api.PostTextAsync($"{DefinitionsApi.Path}/a/retract", "{}");
        using var answer = await _host.PostAsync(flow, "{}");

        lost.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        await answer.ShouldBeErrorAsync(400, "WorkflowTriggerIsNotEnabled");
    }

    [Fact]
    public async Task Open_Draft_FreezesIt()
    {
        var definitions = _host.Services.GetRequiredService<DefinitionService>();
        var draft = await _host.Api.SaveAsync(ServerTestFlows.Small("a", "Run me"));

        var workflow = await definitions.OpenAsync("a", VersionOptions.Latest);
        var saved = await _host.Api.SaveAsync(ServerTestFlows.Small("a", "Later"));

        workflow!.Definition.Id.Should().Be(draft.Text("id"));
        saved.State().Should().Be((2, true, false), "a run may be pinned to version 1");
        (await _host.Services.GetRequiredService<FlowCatalog>().VersionAsync(draft.Text("id"))).Definition.Name.Should().Be("Run me");
        (await definitions.OpenAsync("nope", VersionOptions.Latest)).Should().BeNull();
    }

    [Fact]
    public async Task Open_DraftThatCantRun_SaysWhyAndFreezesNothing()
    {
        var definitions = _host.Services.GetRequiredService<DefinitionService>();
        await _host.Api.SaveAsync(ServerTestFlows.Small("a", text: "{{ if }}"));

        await definitions.Invoking(d => d.OpenAsync("a", VersionOptions.Latest)).Should().ThrowAsync<InvalidDefinitionException>();

        (await _host.Api.SaveAsync(ServerTestFlows.Small("a"))).State().Should().Be((1, true, false));
    }

    private async Task RetractAsync(string flow)
    {
        using var answer = await _host.Api.PostTextAsync($"{DefinitionsApi.Path}/{flow}/retract", "{}");
        answer.EnsureSuccessStatusCode();
    }
}
