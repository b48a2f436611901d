namespace FlowLite.Engine.Activities;

/// <summary>An activity that starts runs. When its run executes it, it gives out what the trigger received.</summary>
public abstract class Trigger : Activity
{
    /// <summary>Runs of the flow that are under way at once; null: the server's default.</summary>
    public virtual int? ConcurrentRuns => null;

    /// <summary>Runs of the flow that may wait for a slot before senders are told 429; null: as many as the disk holds.</summary>
    public virtual int? WaitingRuns => null;
}
