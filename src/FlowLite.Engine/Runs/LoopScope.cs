using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>What the containers around an activity instance that go over items give to its expressions.</summary>
internal static class LoopScope
{
    /// <summary>The item: what a loop's body reads as a variable, and all in it as the loop's output.</summary>
    public const string CurrentValue = "CurrentValue";
    public static readonly IReadOnlyList<string> Variables = [CurrentValue, "CurrentIndex"];
    private const string Running = "Running";

    /// <summary>The innermost of them, and the item that it is at here; from that one the next.</summary>
    public static (ActivityInstance Container, int Index)? Around(RunState state, ActivityInstance? instance)
    {
        while (instance?.Parent is { } id)
        {
            var container = state.Instances[id];
            if (container.Items is not null)
            {
                return (container, instance.Item ?? container.ItemIndex);
            }

            instance = container;
        }

        return null;
    }

    public static IEnumerable<string> VariableNames(CompiledWorkflow workflow, RunState state, ActivityInstance? instance)
    {
        for (var at = Around(state, instance); at is var (container, _); at = Around(state, container))
        {
            foreach (var name in Activity(workflow, container).BodyVariables)
            {
                yield return name;
            }
        }
    }

    /// <param name="value">As it is kept.</param>
    public static bool TryGetVariable(CompiledWorkflow workflow, RunState state, ActivityInstance? instance, string name, out JsonElement value)
    {
        for (var at = Around(state, instance); at is var (container, index); at = Around(state, container))
        {
            var activity = Activity(workflow, container);
            if (activity.BodyVariables.Contains(name))
            {
                value = activity.BodyVariable(name, container, index);
                return true;
            }
        }

        value = default;
        return false;
    }

    public static IEnumerable<string> ActionNames(CompiledWorkflow workflow, RunState state, ActivityInstance? instance)
    {
        for (var at = Around(state, instance); at is var (container, _); at = Around(state, container))
        {
            yield return workflow.Node(container.Activity).Name;
        }
    }

    /// <summary>A loop that is under way: it has given its item already.</summary>
    /// <param name="name">Its name or id, exactly.</param>
    /// <returns>Its result as it is kept; null: there is none of that name.</returns>
    public static ActionResult? Action(CompiledWorkflow workflow, RunState state, ActivityInstance? instance, string name)
    {
        for (var at = Around(state, instance); at is var (container, index); at = Around(state, container))
        {
            var node = workflow.Node(container.Activity);
            if ((node.Name == name || node.Id == name) && GivesItems(node))
            {
                return new ActionResult(Running, Outputs(container, index));
            }
        }

        return null;
    }

    /// <summary>A loop is done, or was left: what it gave last stays its output, as in Elsa.</summary>
    public static void Left(RunState state, ActivityInstance instance, ActivityNode node)
    {
        if (instance.Items is { Count: > 0 } && GivesItems(node))
        {
            state.Actions[node.Name] = new ActionResult(ActionResult.Succeeded, Outputs(instance, instance.ItemIndex));
        }
    }

    private static bool GivesItems(ActivityNode node) => node.Descriptor.Outputs.Any(output => output.Name == CurrentValue);

    private static JsonElement Outputs(ActivityInstance container, int index) => JsonValues.Object(writer =>
    {
        writer.WritePropertyName(CurrentValue);
        container.Items![index].WriteTo(writer);
    });

    private static Container Activity(CompiledWorkflow workflow, ActivityInstance container) => (Container)workflow.Node(container.Activity).Activity;
}
