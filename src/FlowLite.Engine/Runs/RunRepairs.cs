using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Runs;

/// <summary>
/// What can be done for a run that can't be executed here: its version does not compile any more, or the engine failed at it.
/// Its journal is added to without being folded.
/// </summary>
internal sealed class RunRepairs(EngineServices services)
{
    /// <summary>The version that a run is pinned to can't run here. Once it can, the run goes on (<see cref="RunReleases"/>).</summary>
    public const string VersionBroken = nameof(VersionBroken);

    /// <summary>Of appends that meet one that was still on its way.</summary>
    private const int Tries = 5;

    // Leaves the run to a person, who sees why.
    private async ValueTask QuarantineAsync(Guid runId, Exception why)
    {
        var failure = Describe(why);
        await AppendAsync(runId, run => run.Status is RunStatus.Running or RunStatus.Suspended ? Quarantine(run, failure, services.Time.GetUtcNow()) : null);
        // One that came before then was not seen by anybody yet.
        if (RunMailbox.Cancel(await services.Store.ListSignalsAsync(runId)) is { } cancel)
        {
            await CancelAsync(runId, cancel.Key);
        }
    }

    /// <returns>False: the store can't be written now. Null: it can't be done.</returns>
    public async ValueTask<bool?> TryQuarantineAsync(Guid runId, Exception why)
    {
        try
        {
            await QuarantineAsync(runId, why);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
        catch (Exception e)
        {
            Log.RunBroke(services.Logger, e, runId);
            return null;
        }
    }

    /// <returns>False: it was over already, or is gone.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was kept.</exception>
    public ValueTask<bool> CancelAsync(Guid runId, string? reason) => AppendAsync(runId, run =>
    {
        if (IsOver(run.Status))
        {
            return null;
        }

        var now = services.Time.GetUtcNow();
        return (new RunCancelled { At = now, Reason = reason }, run with { Status = RunStatus.Cancelled, UpdatedAt = now, FinishedAt = now });
    });

    public static bool IsOver(RunStatus status) => status is RunStatus.Succeeded or RunStatus.Faulted or RunStatus.Cancelled;

    public static (RunEvent Event, RunSummary After) Quarantine(RunSummary run, RunFailure failure, DateTimeOffset now) =>
        (new RunQuarantined { At = now, Failure = failure },
         run with { Status = RunStatus.Quarantined, UpdatedAt = now, ErrorCode = failure.Code, ErrorMessage = failure.Message, IncidentCount = run.IncidentCount + 1 });

    private static RunFailure Describe(Exception why) => why is InvalidDefinitionException
        ? new RunFailure(VersionBroken, $"The version that this run is pinned to can't run here any more. The run goes on when the server starts and the version can. Else resubmit the run, or cancel it. {why.Message}")
        : new RunFailure("EngineError", $"The engine failed at this run; the server's log says where. Resubmit the run, or cancel it. {why.GetType().Name}: {why.Message}");

    private async ValueTask<bool> AppendAsync(Guid runId, Func<RunSummary, (RunEvent Event, RunSummary After)?> decide)
    {
        for (var tries = 1; ; tries++)
        {
            if (await services.Store.ReadJournalAsync(runId, from: 0) is not { } stored || decide(stored.Summary) is not var (@event, after))
            {
                return false;
            }

            var values = new List<StoredValue>();
            var mail = @event is RunCancelled ? await FarewellAsync(stored) : [];
            try
            {
                await services.AppendAsync(new RunAppend
                {
                    RunId = runId,
                    FirstSeq = stored.Seq,
                    Count = 1,
                    Events = RunJournal.Write([@event], values),
                    Summary = after,
                    ClearAllTimers = true,
                    Mail = mail,
                    // What comes for a run that may go on is kept for it: the end of a child comes once.
                    ClearMailbox = @event is not RunQuarantined { Failure.Code: VersionBroken },
                    Values = values,
                });
            }
            catch (RunFenceException) when (tries < Tries)
            {
                continue;
            }

            services.Responses.Ended(runId, after.Status, hasAnswered: false);
            return true;
        }
    }

    /// <summary>Of a run that is cancelled without a state: its children are cancelled, and who waits for it is told.</summary>
    private async Task<List<MailItem>> FarewellAsync(JournalPart stored)
    {
        var mail = new List<MailItem>();
        var children = new HashSet<string>();
        ParentRun? parent = null;
        await foreach (var @event in new RunReading(services.Store, stored, static () => null).Events())
        {
            switch (@event)
            {
                case RunStarted started:
                    parent = started.Parent;
                    break;
                case ActivitySuspended { Bookmarks: { } bookmarks }:
                    children.UnionWith(bookmarks.Where(b => b.Kind == BookmarkKind.Child).Select(b => b.Key));
                    break;
                case SignalReceived { Kind: BookmarkKind.Child } ended:
                    children.Remove(ended.Key);
                    break;
            }
        }

        mail.AddRange(children.Select(child => new CancelSent(Guid.Parse(child), "Nobody waits for it any more.")));
        if (parent is { Waits: true })
        {
            mail.Add(new SignalSent(ChildEnd.Signal(stored.Summary.RunId, parent, RunStatus.Cancelled, new Dictionary<string, JsonElement>(), [], null)));
        }

        return mail;
    }
}
