using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Runs;

public sealed class VersionTests
{
    [Fact]
    public async Task Publish_WhileARunIsUnderWay_LeavesItOnItsVersion()
    {
        await using var crm = await HeldCrm.StartAsync();
        await using var host = await TriggerHost.StartAsync(null, crm.Arguments);
        var first = await host.PublishAsync("versions", "", HeldCrm.Create(), Line("one"));
        var early = await host.AcceptedAsync(first);
        await crm.UntilUnderWayAsync(1);

        var second = await host.PublishAsync("versions", "", HeldCrm.Create(), Line("two"));
        var failing = await host.Invoking(h => h.PublishAsync("versions", "", HeldCrm.Create(), Line("{{ if }}"))).Should().ThrowAsync<InvalidDefinitionException>();
        failing.WithMessage("*/root/activities/2/text*(1,7)*");
        crm.Open();
        var late = await host.AcceptedAsync(second);

        await ShouldBeAsync(early, first, "one");
        await ShouldBeAsync(late, second, "two");

        async Task ShouldBeAsync(string id, PublishedFlow version, string line)
        {
            var run = await host.EndedRunAsync("versions", id);
            run.Status().Should().Be("Succeeded");
            run.GetProperty("versionId").GetString().Should().Be(version.Definition.Id);
            run.Action("Line").GetProperty("log")[0].GetString().Should().Be(line);
        }
    }

    private static string Line(string text) =>
        """{"id":"line","type":"Elsa.WriteLine","name":"Line","text":{"typeName":"String","expression":{"type":"Scriban","value":"TEXT"}}}""".Replace("TEXT", text, StringComparison.Ordinal);
}
