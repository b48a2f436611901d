using FlowLite.FunctionalTests.Triggers;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Many runs that wait at paths which begin alike: each is found.</summary>
public sealed class ManyCallersTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task ARunBehindManyOthers_IsFoundByItsPath()
    {
        await host.PublishAsync(Sequence("approve", Endpoint("start", "approve"), Endpoint("wait", "o/{id}/approve", starts: false)));
        await host.PublishAsync(Sequence("reject", Endpoint("start", "reject"), Endpoint("wait", "o/{id}/reject", starts: false), Respond("r", "return 'rejected'")));
        for (var i = 0; i < 101; i++)
        {
            await host.PostAsync("/workflows/approve", "{}").ReadAsync();
        }

        await host.PostAsync("/workflows/reject", "{}").ReadAsync();

        (await host.PostAsync("/workflows/o/5/reject", "{}").ReadAsync()).Body.Should().Be("rejected");
        (await host.PostAsync("/workflows/o/5/approve", "{}").ReadAsync()).Status.Should().Be(500, "many wait there");
        (await host.PostAsync("/workflows/o/5/other", "{}").ReadAsync()).Status.Should().Be(404);
    }
}
