using System.Reflection;
using System.Text.Json;
using FlowLite.Activities;
using FlowLite.Activities.Composition;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Scenarios;

/// <summary>Every file of this folder, once undisturbed and once for each append at which its executor can die.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenario.Names];

    [Fact]
    public void Scenarios_HaveEachActivityThatRunsHere()
    {
        var stand = new HashSet<string>();
        var work = new Stack<JsonElement>(Scenario.Names.Select(Scenario.Load).SelectMany(s => (s.Flows?.Values ?? Enumerable.Empty<JsonElement>()).Append(s.Definition)));
        while (work.TryPop(out var json))
        {
            foreach (var child in json.ValueKind switch
            {
                JsonValueKind.Object => json.EnumerateObject().Select(member => member.Value),
                JsonValueKind.Array => json.EnumerateArray(),
                _ => Enumerable.Empty<JsonElement>(),
            })
            {
                work.Push(child);
            }

            if (json.ValueKind == JsonValueKind.Object && json.Text("type") is { } type)
            {
                stand.Add(type);
            }
        }

        // Records need a CRM, and a flow as an activity is of a type of its own: these have tests and scenarios of their own.
        var runHere = ActivitiesRegistration.Types
            .Where(type => type != typeof(CreateRecord) && type != typeof(WorkflowDefinitionActivity))
            .Select(type => (Type: type, Settings: type.GetCustomAttribute<ActivityAttribute>()!))
            .Where(activity => activity.Settings.NotAvailable is null)
            .Select(activity => activity.Settings.Type ?? $"{activity.Settings.Namespace}.{activity.Type.Name}");

        runHere.Should().NotBeEmpty().And.BeSubsetOf(stand);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Scenario_Undisturbed_ComesOutAsExpected(string name)
    {
        var scenario = Scenario.Load(name);

        var (result, _, _) = await scenario.RunAsync();

        scenario.Expect.Check(result, "undisturbed");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Scenario_WithTheExecutorDroppedAtAnyAppend_ComesOutTheSameWithEachEffectOnce(string name)
    {
        var scenario = Scenario.Load(name);
        var (_, undisturbed, appends) = await scenario.RunAsync();
        for (var append = 2; append <= appends; append++)
        {
            foreach (var point in Enum.GetValues<CrashPoint>())
            {
                var (result, world, _) = await scenario.RunAsync(append, point);

                scenario.Expect.Check(result, $"dropped {point} {append} of {appends}");
                world.Records.Should().BeEquivalentTo(undisturbed.Records, $"dropped {point} {append}");
            }
        }
    }
}
