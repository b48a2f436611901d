using Microsoft.Extensions.Logging;

namespace FlowLite.Persistence;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A batch of {Count} writes to the journal failed; they are tried one by one")]
    public static partial void BatchFailed(ILogger logger, Exception exception, int count);

    [LoggerMessage(2, LogLevel.Error, "The journal can't be written; {Count} writes are refused")]
    public static partial void JournalUnavailable(ILogger logger, Exception exception, int count);

    [LoggerMessage(3, LogLevel.Warning, "A checkpoint of the journal failed; its log grows until one succeeds")]
    public static partial void CheckpointFailed(ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "The journal could not be tidied up ({Pragma}); its log, or what it holds in memory, grows until that succeeds")]
    public static partial void TidyingFailed(ILogger logger, Exception exception, string pragma);
}
