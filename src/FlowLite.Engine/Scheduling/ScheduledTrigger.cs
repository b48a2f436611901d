using FlowLite.Engine.Activities;

namespace FlowLite.Engine.Scheduling;

/// <summary>An activity that starts runs by the clock, where the author says that it starts the flow. In the middle of a flow it waits for its next time.</summary>
public abstract class ScheduledTrigger : Activity
{
    /// <summary>What becomes of times that passed while the server was stopped, or could not write.</summary>
    [Input(DisplayName = "Missed times", Description = "What to do about times that passed while the server was stopped.", DefaultValue = MissedTimes.Once,
        Options = ["Once|One run for all of them", "Skip|Nothing", "All|A run for each"], Category = "Advanced", Order = 90)]
    public MissedTimes Missed { get; set; }

    /// <summary>When it starts runs, in words: as long as they are the same, so are the times.</summary>
    public abstract string Schedule { get; }

    /// <summary>The first time after one; null: there is none any more.</summary>
    /// <param name="since">Since when the published flow has this schedule.</param>
    protected internal abstract DateTimeOffset? Next(DateTimeOffset after, DateTimeOffset since);

    /// <summary>Why it can't start the flow: its settings have to be known when the flow is published.</summary>
    protected internal abstract IEnumerable<string> ValidateSchedule();
}

public enum MissedTimes
{
    /// <summary>One run, with the latest of them as its time.</summary>
    Once,
    Skip,
    All,
}
