using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Makes and removes activity instances while one event is folded in. Containers tell it what to schedule and when they are
/// complete; it works these off one after the other, so the depth of a flow costs no stack.
/// </summary>
public sealed class ActivityScheduler
{
    private readonly CompiledWorkflow _workflow;
    private readonly RunState _state;
    private readonly Queue<(ActivityInstance Instance, IReadOnlyList<string>? Outcomes)> _work = new();

    internal ActivityScheduler(CompiledWorkflow workflow, RunState state)
    {
        _workflow = workflow;
        _state = state;
    }

    internal bool RootCompleted { get; private set; }

    /// <summary>The activity that the trigger started the run at; null when it wasn't a trigger.</summary>
    public string? TriggerActivity => _state.Start.TriggerActivity;

    public ActivityNode Node(ActivityInstance instance) => _workflow.Node(instance.Activity);

    public ActivityNode Node(string id) => _workflow.Node(id);

    public ActivityInstance Instance(Guid id) => _state.Instances[id];

    public void SetVariable(string id, JsonElement value) => _state.Variables[id] = value;

    /// <summary>Schedules a child of <paramref name="container"/> under the given instance id.</summary>
    public void Schedule(ActivityInstance container, ActivityNode child, Guid id) => Schedule(child, id, container);

    internal void Schedule(ActivityNode node, Guid id, ActivityInstance? parent)
    {
        var instance = new ActivityInstance { Id = id, Activity = node.Id, Parent = parent?.Id, Order = _state.NextOrder++, ItemPath = ItemPath(parent) };
        _state.Add(instance);
        parent?.Children.Add(id);
        if (node.Activity is Container { EvaluatesInputs: false })
        {
            Enter(instance);
        }
        else
        {
            _state.Ready.Enqueue(instance);
        }
    }

    private static string? ItemPath(ActivityInstance? parent) => parent switch
    {
        { Items: not null, ItemPath: null } => $"{parent.ItemIndex}",
        { Items: not null } => $"{parent.ItemPath}/{parent.ItemIndex}",
        _ => parent?.ItemPath,
    };

    internal void Enter(ActivityInstance instance)
    {
        _state.SetStatus(instance, InstanceStatus.Entered);
        _work.Enqueue((instance, null));
    }

    /// <summary>The instance is done; its container decides what follows.</summary>
    public void Complete(ActivityInstance instance, IReadOnlyList<string> outcomes)
    {
        _state.Remove(instance);
        _work.Enqueue((instance, outcomes));
    }

    internal void Run()
    {
        while (_work.TryDequeue(out var item))
        {
            var (instance, outcomes) = item;
            if (outcomes is null)
            {
                ((Container)Node(instance).Activity).Entered(this, instance, Node(instance));
            }
            else if (instance.Parent is not { } parentId)
            {
                RootCompleted = true;
            }
            else if (_state.Instances.TryGetValue(parentId, out var parent))
            {
                parent.Children.Remove(instance.Id);
                ((Container)Node(parent).Activity).ChildCompleted(this, parent, Node(parent), instance, outcomes);
            }
        }
    }
}
