using FlowLite.Engine.Runs;

namespace FlowLite.Persistence.Journal;

/// <summary>Something to be written, and the task that completes once it is durable. The lane has it finished on the thread pool.</summary>
internal abstract class LaneWork : TaskCompletionSource
{
    /// <summary>About how much it adds to its batch.</summary>
    public virtual int Bytes => 0;

    /// <summary>Why it was not written.</summary>
    public Exception? Error { get; set; }

    public void Finish()
    {
        if (Error is null)
        {
            TrySetResult();
        }
        else
        {
            TrySetException(Error);
        }
    }

    /// <exception cref="RunFenceException">Refused; nothing of it was written.</exception>
    /// <exception cref="RunRefusedException">Likewise.</exception>
    public abstract void Write(JournalWriter writer);
}

internal sealed class AppendWork(RunAppend append) : LaneWork
{
    public override int Bytes { get; } = append.Events.Length + (append.Snapshot?.Length ?? 0) + append.Values.Sum(v => v.Utf8.Length);

    public override void Write(JournalWriter writer) => writer.Append(append);
}

/// <summary>The rare rest: inbox entries and epochs.</summary>
internal sealed class OtherWork(Action<JournalWriter> write, int bytes = 0) : LaneWork
{
    public override int Bytes => bytes;

    public override void Write(JournalWriter writer) => write(writer);
}
