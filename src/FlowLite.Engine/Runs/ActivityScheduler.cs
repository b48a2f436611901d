using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Secure;

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

    /// <summary>Sets a variable as <paramref name="instance"/> sees it.</summary>
    public void SetVariable(ActivityInstance instance, string id, JsonElement value)
    {
        if (VariableScopes.Owner(_workflow, _state, instance, id) is { } owner)
        {
            (owner.Variables ??= new SortedDictionary<string, JsonElement>(StringComparer.Ordinal))[id] = value;
        }
        else
        {
            _state.Variables[id] = value;
        }
    }

    /// <summary>Sets the variable that an output of <paramref name="instance"/> is bound to. What the variable doesn't take stays as it is, and so does what is sealed: nobody can look at it here.</summary>
    public void SetOutput(ActivityInstance instance, OutputBinding binding, JsonElement value) =>
        SetVariable(instance, binding.Variable.Id, !SecureValues.AreIn(value) && binding.Variable.Type.TryFit(value, out var fitted) ? fitted : value);

    /// <summary>Schedules a child of <paramref name="container"/> under the given instance id.</summary>
    /// <param name="item">The item or round of a loop that it stands for.</param>
    public void Schedule(ActivityInstance container, ActivityNode child, Guid id, int? item = null) => Schedule(child, id, container, item);

    internal void Schedule(ActivityNode node, Guid id, ActivityInstance? parent, int? item = null)
    {
        var instance = new ActivityInstance
        {
            Id = id,
            Activity = node.Id,
            Parent = parent?.Id,
            Order = _state.NextOrder++,
            Item = item,
            Deadline = node.Timeout is { } timeout ? _state.UpdatedAt + timeout : null,
            ItemPath = item is null ? parent?.ItemPath : parent?.ItemPath is { } path ? $"{path}/{item}" : $"{item}",
        };
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

    internal void Enter(ActivityInstance instance)
    {
        _state.SetStatus(instance, InstanceStatus.Entered);
        _work.Enqueue((instance, null));
    }

    /// <summary>The container's inputs are evaluated anew and it goes on as they say: a loop's next round.</summary>
    public void Again(ActivityInstance instance)
    {
        instance.Inputs = null;
        instance.Intended = false;
        instance.Attempts = 0;
        instance.StartedAt = null;
        instance.Resumed = false;
        Resume(instance);
    }

    /// <summary>The container is executed again where it stands, to wait for what is left or to complete.</summary>
    public void Resume(ActivityInstance instance)
    {
        instance.Signal = null;
        _state.SetStatus(instance, InstanceStatus.Ready);
        _state.Ready.Enqueue(instance);
    }

    /// <summary>The instance is done; its container decides what follows. What still runs in it is cancelled.</summary>
    public void Complete(ActivityInstance instance, IReadOnlyList<string> outcomes)
    {
        LoopScope.Left(_state, instance, Node(instance));
        CancelChildren(instance);
        _state.Remove(instance);
        _work.Enqueue((instance, outcomes));
    }

    /// <summary>A scope is done: the results of what stands in it are its outputs.</summary>
    public void CompleteWithResults(ActivityInstance instance, IReadOnlyList<string> outcomes)
    {
        ScopeResults.SetOutputs(_state, this, instance, Node(instance), ActionResult.Succeeded, null);
        Complete(instance, outcomes);
    }

    /// <summary>The instance and all below it are gone, their timers too; nothing is told to their containers.</summary>
    public void Cancel(ActivityInstance instance) => _state.Cancel(instance);

    public void CancelChildren(ActivityInstance container)
    {
        while (container.Children.Count > 0)
        {
            _state.Cancel(_state.Instances[container.Children.First()]);
        }
    }

    /// <summary>The innermost loop around the instance is done, whatever was under way in it. Outside of a loop just the instance is.</summary>
    internal void Break(ActivityInstance instance)
    {
        for (var id = instance.Parent; id is { } parent; id = _state.Instances[parent].Parent)
        {
            var container = _state.Instances[parent];
            if (Node(container).Activity is Container { IsLoop: true })
            {
                _state.Remove(instance);
                _state.Instances[instance.Parent!.Value].Children.Remove(instance.Id);
                Complete(container, Outcomes.JustDone);
                return;
            }
        }

        Complete(instance, Outcomes.JustDone);
    }

    internal void Run()
    {
        while (_work.TryDequeue(out var item))
        {
            var (instance, outcomes) = item;
            if (instance.IsCancelled)
            {
                continue;
            }

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
                ScopeResults.Completed(_state, instance, Node(instance));
                parent.Children.Remove(instance.Id);
                ((Container)Node(parent).Activity).ChildCompleted(this, parent, Node(parent), instance, outcomes);
            }
        }
    }
}
