using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Engine.Activities;

/// <summary>
/// One kind of step. An object of it stands for one place in a version of a flow and is shared by all its runs:
/// keep no state of a run in it. What it does is recorded in the context (outputs, outcomes, a wait); throwing is fine and
/// fails the activity.
/// </summary>
public abstract class Activity
{
    protected internal abstract ValueTask ExecuteAsync(ActivityContext context);

    /// <summary>
    /// What a crash does to its effect, where that depends on what it is connected to. Asked before each execution; where the
    /// declared one is none, so is this.
    /// </summary>
    protected internal virtual Effect EffectOf(ActivityNode node) => node.Effect;

    /// <summary>Problems with this activity's settings, found when the flow is published.</summary>
    protected internal virtual IEnumerable<string> Validate() => [];

    /// <summary>Problems with what it is made of, found when the flow is published, each with its place in the document.</summary>
    /// <param name="json">The activity as it stands there.</param>
    protected internal virtual IEnumerable<DefinitionProblem> ValidateDocument(ActivityNode node, JsonElement json) => [];

    /// <summary>
    /// The kind and key of the signals that start runs, where the activity may start some; null: signals start none, or which ones
    /// is not known before a run.
    /// </summary>
    protected internal virtual Bookmark? StartsOn => null;

    /// <summary>Why it can't start the flow, where the author says that it does: what starts runs has to be known when the flow is published.</summary>
    protected internal virtual IEnumerable<string> ValidateStart() => [];

    /// <summary>The flow that is a part of this one here; null: none is, or a run decides.</summary>
    protected internal virtual FlowReference? Part => null;

    /// <summary>The flow that it starts runs of; null: it starts none, or a run decides which.</summary>
    protected internal virtual string? StartsRunsOf => null;

    /// <summary>How it joins, where several connections lead to it; null: as its settings on the canvas say.</summary>
    protected internal virtual MergeMode? Merge => null;

    /// <summary>How long it may take, waits and attempts and all that is in it included; null: as its <c>customProperties.timeout</c> says.</summary>
    protected internal virtual TimeSpan? Timeout => null;

    /// <summary>How it goes on when its time is up; null: that is a failure.</summary>
    protected internal virtual IReadOnlyList<string>? OutcomesWhenTimeIsUp(ActivityNode node) => null;
}

/// <summary>
/// An activity that runs other activities. Its rules are pure: they see what was entered and what completed, and say what to
/// schedule; conditions and items are evaluated before, in <see cref="Activity.ExecuteAsync"/>, which ends with
/// <see cref="ActivityContext.Enter(string, JsonElement?)"/>.
/// </summary>
public abstract class Container : Activity
{
    /// <summary>False: there is nothing to evaluate, the children are scheduled at once.</summary>
    public virtual bool EvaluatesInputs => true;

    /// <summary>A Break inside of it ends it.</summary>
    public virtual bool IsLoop => false;

    /// <summary>Variables that what stands in it reads while it goes over items, as in Elsa; those that the flow declares come first.</summary>
    public virtual IReadOnlyList<string> BodyVariables => LoopScope.Variables;

    /// <summary>One of <see cref="BodyVariables"/>, as it is kept.</summary>
    public virtual JsonElement BodyVariable(string name, ActivityInstance instance, int index) =>
        name == LoopScope.CurrentValue ? instance.Items![index] : JsonValues.Number(index);

    /// <summary>Where its Failed port leads somewhere, what fails in it and isn't handled there ends it instead of the run.</summary>
    public virtual bool CatchesFailures => false;

    public abstract void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node);

    public abstract void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes);

    protected internal override ValueTask ExecuteAsync(ActivityContext context) =>
        throw new InvalidOperationException($"{GetType().Name} has nothing to evaluate.");
}

/// <summary>What an activity of a flowchart that several connections lead to waits for (Elsa's <c>customProperties.mergeMode</c>).</summary>
public enum MergeMode
{
    /// <summary>For everything that can still arrive; runs once.</summary>
    Stream,
    /// <summary>For all connections but those that come back from behind it, which begin a round of their own; not run when one of them can't come any more.</summary>
    Merge,
    /// <summary>For all connections; not run when one of them can't come any more.</summary>
    Converge,
    /// <summary>For nothing: runs for each arrival.</summary>
    Cascade,
    /// <summary>For the first arrival; what could arrive after it is cancelled.</summary>
    Race,
}

public static class Outcomes
{
    public const string Done = "Done";
    public const string Failed = "Failed";
    public const string TimedOut = "TimedOut";
    public static readonly IReadOnlyList<string> JustDone = [Done];
}

/// <summary>What a crash between an effect and its commit does to the effect.</summary>
public enum Effect
{
    /// <summary>It touches nothing outside; done again with the same result.</summary>
    None,
    /// <summary>Carries an idempotency key that the other side enforces; sent again, done once.</summary>
    Idempotent,
    /// <summary>Sent again; may be done twice.</summary>
    AtLeastOnce,
    /// <summary>Not sent again; a person decides.</summary>
    AtMostOnce,
}

/// <summary>Thrown by activities to fail with a code and details; retryable failures follow the retry policy.</summary>
public sealed class ActivityException(string code, string message) : Exception(message)
{
    public string Code => code;
    public bool Retryable { get; init; }
    /// <summary>The other side's <c>Retry-After</c>: not before this.</summary>
    public TimeSpan? RetryAfter { get; init; }
    public JsonElement? Details { get; init; }
    /// <summary>When it is not tried again, the activity is no failure: it completes as its context says.</summary>
    public bool CompletesWhenGivenUp { get; init; }
    /// <summary>It may have been done all the same, so that an at-most-once effect is not tried again but left to a person.</summary>
    public bool OutcomeUnknown { get; init; }
    /// <summary>What keeps everybody out at the moment: the activity waits for it instead of failing, where it is tried again at all.</summary>
    public GateWait? Wait { get; set; }
}

/// <summary>A durable wait until a gate lets the run on (<see cref="RunGates"/>).</summary>
/// <param name="Gate">The gate's name; null: there is only the time to wait for, so that the activity is prepared anew.</param>
/// <param name="Until">When the activity is executed again in any case.</param>
/// <param name="Attempted">It was tried: a policy that would not try it again lets it fail. Else only one that never tries again does.</param>
public sealed record GateWait(string? Gate, DateTimeOffset Until, bool Attempted);
