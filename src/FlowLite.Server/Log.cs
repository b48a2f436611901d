namespace FlowLite.Server;

internal static partial class Log
{
    [LoggerMessage(201, LogLevel.Information, "Imported {File} as flow {Flow}")]
    public static partial void Imported(ILogger logger, string file, string flow);

    [LoggerMessage(202, LogLevel.Warning, "{File} has changed, but its flow {Flow} was edited since; the flow is left as it is")]
    public static partial void ImportConflict(ILogger logger, string file, string flow);

    [LoggerMessage(203, LogLevel.Warning, "{File} is not imported: {Problems}")]
    public static partial void ImportInvalid(ILogger logger, string file, string problems);

    [LoggerMessage(204, LogLevel.Warning, "Somebody at {Address} failed to sign in")]
    public static partial void SignInFailed(ILogger logger, string address);

    [LoggerMessage(205, LogLevel.Warning, "The tables of connection {Connection} are not known anew: {Code}: {Message}")]
    public static partial void MetadataUnavailable(ILogger logger, string connection, string code, string message);

    [LoggerMessage(206, LogLevel.Error, "The tables of connection {Connection} could not be read")]
    public static partial void MetadataFailed(ILogger logger, Exception exception, string connection);

    [LoggerMessage(207, LogLevel.Warning, "The columns of table {Table} of connection {Connection} are not known anew: {Code}: {Message}")]
    public static partial void TableNotDescribed(ILogger logger, string connection, string table, string code, string message);

    [LoggerMessage(220, LogLevel.Debug, "A client that watches run {Run} was not told of it")]
    public static partial void WatcherNotTold(ILogger logger, Exception exception, Guid run);

    [LoggerMessage(240, LogLevel.Information, "Plugin {File} brings {Types}")]
    public static partial void PluginLoaded(ILogger logger, string file, string types);

    [LoggerMessage(241, LogLevel.Warning, "Plugin {File} is left out: {Problem}")]
    public static partial void PluginSkipped(ILogger logger, string file, string problem);
}
