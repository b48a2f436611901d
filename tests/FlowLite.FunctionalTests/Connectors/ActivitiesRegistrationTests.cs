using FlowLite.Activities;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Connectors;

public sealed class ActivitiesRegistrationTests
{
    [Fact]
    public void AddFlowLiteActivities_Registry_MakesEveryActivity()
    {
        using var provider = new ServiceCollection().AddLogging().AddFlowLiteActivities((_, _) => null).BuildServiceProvider();

        var descriptors = provider.GetRequiredService<ActivityRegistry>().Descriptors;

        descriptors.Select(d => d.Create().GetType().Name).Should().Equal(descriptors.Select(d => d.Name));
        descriptors.Select(d => d.TypeName).Should().Contain(["Elsa.Flowchart", "FlowLite.HttpRequest", "FlowLite.CreateRecord"]);
    }

    [Fact]
    public void AddFlowLiteActivities_ConnectionsRegisteredBefore_AreKept()
    {
        var connections = new Connections(_ => null);
        using var provider = new ServiceCollection().AddLogging().AddSingleton(connections).AddFlowLiteActivities((_, _) => null).BuildServiceProvider();

        provider.GetRequiredService<Connections>().Should().BeSameAs(connections);
    }

    [Fact]
    public void AddFlowLiteActivities_Settings_AreAskedForByName()
    {
        using var provider = new ServiceCollection().AddLogging().AddFlowLiteActivities((_, name) => name == "crm"
            ? new ConnectionSettings("dataverse", new Dictionary<string, string?> { ["Url"] = "http://a.example", ["TokenUrl"] = "http://a.example/token", ["ClientId"] = "c", ["ClientSecret"] = "s" })
            : null).BuildServiceProvider();
        var connections = provider.GetRequiredService<Connections>();

        var missing = () => connections.Get("other");

        connections.Get("crm").Should().NotBeNull();
        missing.Should().Throw<ActivityException>().Which.Code.Should().Be("ConnectionNotFound");
    }
}
