using System.Text;
using FlowLite.Engine.Runs;

namespace FlowLite.FunctionalTests.Persistence;

/// <summary>Appends as the engine makes them, with as much in them as a test is about.</summary>
internal static class TestRuns
{
    // With a fraction that milliseconds could not hold.
    public static readonly DateTimeOffset Start = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1_234_567);

    /// <summary>Ids that sort by <paramref name="number"/> as big-endian bytes, and not as little-endian ones.</summary>
    public static Guid Id(int number) => new(number << 6, 0, 0x7000, 0x80, 0, 0, 0, 0, 0, 0, 0);

    public static RunSummary Summary(Guid runId, string flow = "lead", RunStatus status = RunStatus.Running) => new()
    {
        RunId = runId,
        DefinitionId = flow,
        VersionId = $"{flow}-v1",
        RootRunId = runId,
        Status = status,
        StartedAt = Start,
        UpdatedAt = Start,
    };

    public static RunAppend First(Guid runId, string flow = "lead", RunStatus status = RunStatus.Running, params RunTimer[] timers) =>
        Append(Summary(runId, flow, status), 0, 1, "[0]", timers);

    public static RunAppend Next(Guid runId, long firstSeq, int count = 1, RunStatus status = RunStatus.Running, params RunTimer[] timers) =>
        Append(Summary(runId, status: status), firstSeq, count, $"[{firstSeq}]", timers);

    public static RunAppend Append(RunSummary summary, long firstSeq, int count, string events, params RunTimer[] timers) => new()
    {
        RunId = summary.RunId,
        FirstSeq = firstSeq,
        Count = count,
        Events = Encoding.UTF8.GetBytes(events),
        Summary = summary,
        TimersSet = timers,
    };

    public static IEnumerable<string> Texts(this StoredRun? run) => run!.Batches.Select(b => Encoding.UTF8.GetString(b.Span));

    public static async Task<T?> Failure<T>(this ValueTask task)
        where T : Exception
    {
        try
        {
            await task;
            return null;
        }
        catch (T e)
        {
            return e;
        }
    }
}
