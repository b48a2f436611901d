using Microsoft.Extensions.Logging;

namespace FlowLite.Engine;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Activity {Activity} ({Type}) threw")]
    public static partial void ActivityThrew(ILogger logger, Exception exception, string activity, string type);

    [LoggerMessage(2, LogLevel.Warning, "Run {Run} could not be stored and is taken up again later: {Reason}")]
    public static partial void RunNotStored(ILogger logger, Guid run, string reason);

    [LoggerMessage(3, LogLevel.Error, "Run {Run} stopped by an error of the engine")]
    public static partial void RunBroke(ILogger logger, Exception exception, Guid run);

    [LoggerMessage(4, LogLevel.Error, "The timer pump failed and tries again")]
    public static partial void PumpFailed(ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "Run {Run} was under way in {Crashes} crashes and is quarantined")]
    public static partial void Quarantined(ILogger logger, Guid run, int crashes);

    [LoggerMessage(6, LogLevel.Error, "The backlog of flow {Flow} could not be read; it is tried again")]
    public static partial void BacklogNotRead(ILogger logger, Exception exception, string flow);

    [LoggerMessage(7, LogLevel.Error, "The published version of flow {Flow} does not run here any more: {Reason}")]
    public static partial void FlowBroken(ILogger logger, string flow, string reason);

    [LoggerMessage(8, LogLevel.Warning, "The published version of flow {Flow} runs, but would not be published today: {Reason}")]
    public static partial void FlowTolerated(ILogger logger, string flow, string reason);

    [LoggerMessage(9, LogLevel.Warning, "Run {Run} needs more memory than there is, and is taken up again later")]
    public static partial void RunShortOfMemory(ILogger logger, Guid run);

    [LoggerMessage(21, LogLevel.Information, "The run of {Time} is passed over: {Reason}")]
    public static partial void ScheduleRefused(ILogger logger, DateTimeOffset time, string reason);

    [LoggerMessage(22, LogLevel.Warning, "By this server's clock, times of flow {Flow} up to {Done:u} lie ahead, and are dealt with already: nothing is started for them. If the clock was wrong before, retract the flow and publish it again")]
    public static partial void ScheduleAhead(ILogger logger, string flow, DateTimeOffset done);

    [LoggerMessage(20, LogLevel.Error, "Runs could not be started by the clock; it is tried again")]
    public static partial void SchedulesFailed(ILogger logger, Exception exception);

    [LoggerMessage(21, LogLevel.Error, "Activity {Activity} ({Type}) failed with {Exception}; its values are secure, so no more is told")]
    public static partial void SecureActivityFailed(ILogger logger, string activity, string type, string exception);
}
