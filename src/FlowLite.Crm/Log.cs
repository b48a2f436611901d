namespace FlowLite.Crm;

/// <summary>All log messages of the CRM.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The CRM's storage failed")]
    public static partial void StorageFailed(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "Could not answer {Method} {Path}")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(3, LogLevel.Debug, "The caller left before the answer: {Reason}")]
    public static partial void CallerLeft(ILogger logger, string reason);
}
