using FlowLite.Engine.Runs;
using FlowLite.Tests.Scenarios;

namespace FlowLite.Tests.Runs;

/// <summary>What people read of containers: scopes, timeouts, Terminate, and how they end with their run.</summary>
public sealed class ScopeHistoryTests
{
    [Fact]
    public async Task History_OfAScopeThatCaught_ShowsItAsFailedWithItsResultsAndNoIncident()
    {
        var history = await HistoryAsync("scope-catches");

        history.Incidents.Should().BeEmpty();
        var scope = history.Actions.Single(a => a.ActivityId == "try");
        scope.Status.Should().Be(ActionHistory.Failed);
        scope.Outputs!.Value.GetProperty("error").GetProperty("action").GetString().Should().Be("bad");
        history.Actions.Single(a => a.ActivityId == "bad").Status.Should().Be(ActionHistory.Failed);
        history.Actions.Single(a => a.ActivityId == "never").Status.Should().Be(ActionHistory.Skipped);
    }

    [Fact]
    public async Task History_OfAScopeThatSucceeded_ShowsItsResults()
    {
        var history = await HistoryAsync("scope-succeeds");

        var scope = history.Actions.Single(a => a.ActivityId == "try");
        scope.Status.Should().Be(ActionHistory.Succeeded);
        scope.Outputs!.Value.GetProperty("Results").GetArrayLength().Should().Be(2);
    }

    [Fact]
    public async Task History_OfAScopeWhoseTimeWasUp_ShowsItAsTimedOutAndWhatWasInItAsCancelled()
    {
        var history = await HistoryAsync("scope-times-out");

        history.Incidents.Should().BeEmpty();
        var scope = history.Actions.Single(a => a.ActivityId == "try");
        scope.Status.Should().Be(ActionHistory.TimedOut);
        scope.Outputs!.Value.GetProperty("error").GetProperty("code").GetString().Should().Be("ActionTimedOut");
        history.Actions.Single(a => a.ActivityId == "d").Status.Should().Be(ActionHistory.Cancelled);
    }

    [Fact]
    public async Task History_OfARunThatTimedOut_HasTheIncident() =>
        (await HistoryAsync("run-times-out")).Incidents.Should().ContainSingle().Which.Failure.Message.Should().Be("The run was not over after PT30M.");

    [Fact]
    public async Task History_OfARunThatTerminateFailed_HasItsCodeOnce()
    {
        var history = await HistoryAsync("terminate-failed");

        history.Summary.Status.Should().Be(RunStatus.Faulted);
        history.Summary.ErrorCode.Should().Be("NoEmail");
        history.Incidents.Should().ContainSingle().Which.Failure.Message.Should().Be("Lead 2026");
        history.Log.Where(e => e.Kind == RunLogKind.Faulted).Should().ContainSingle();
    }

    [Fact]
    public async Task History_OfARunThatTerminateCancelled_HasItsMessage()
    {
        var history = await HistoryAsync("terminate-cancelled");

        history.CancelReason.Should().Be("not needed");
        history.Incidents.Should().BeEmpty();
    }

    [Fact]
    public async Task History_OfAContainerThatEndsInTheEventThatEndsTheRun_ShowsThatItSucceeded()
    {
        var history = await HistoryAsync("incident-continue-last-item");

        history.Summary.Status.Should().Be(RunStatus.Faulted);
        history.Actions.Where(a => a.ActivityId == "if").Select(a => (a.ItemPath, a.Status)).Should().Equal(
            ("0", ActionHistory.Succeeded), ("1", ActionHistory.Failed), ("2", ActionHistory.Succeeded));
        history.Actions.Single(a => a.ActivityId == "each").Status.Should().Be(ActionHistory.Failed);
    }

    [Fact]
    public async Task History_OfAScopeWithNothingAfterIt_ShowsItsResults()
    {
        var history = await HistoryAsync("scope-is-all");

        history.Summary.Status.Should().Be(RunStatus.Succeeded);
        var scope = history.Actions.Single(a => a.ActivityId == "try");
        scope.Status.Should().Be(ActionHistory.Succeeded);
        scope.Outputs!.Value.GetProperty("Results").GetArrayLength().Should().Be(1);
    }

    private static async Task<RunHistory> HistoryAsync(string scenario)
    {
        var world = new EffectWorld();
        var workflow = world.Compile(Scenario.Load(scenario).Definition);
        var store = new MemoryRunStore();
        var run = EffectWorld.Run(workflow, store);
        var id = new Guid("019a0000-0000-7000-8000-000000000009");
        await run.AcceptAsync(new RunRequest(id));
        await run.ResumeAsync(id, DateTimeOffset.MaxValue);
        var stored = (await store.LoadAsync(id, wholeJournal: true))!;
        return RunHistory.From(stored.Summary, stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)), workflow);
    }
}
