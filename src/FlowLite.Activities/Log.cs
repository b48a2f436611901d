using Microsoft.Extensions.Logging;

namespace FlowLite.Activities;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Connection {Connection} is down; runs wait until it is back. {Reason}")]
    public static partial void ConnectionDown(ILogger logger, string connection, string reason);

    [LoggerMessage(2, LogLevel.Information, "Connection {Connection} is back; the runs that wait for it go on")]
    public static partial void ConnectionBack(ILogger logger, string connection);

    [LoggerMessage(3, LogLevel.Error, "The runs that wait for connection {Connection} could not be let on; it is tried again")]
    public static partial void KeeperFailed(ILogger logger, Exception exception, string connection);
}
