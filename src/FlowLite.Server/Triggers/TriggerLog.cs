namespace FlowLite.Server.Triggers;

internal static partial class TriggerLog
{
    [LoggerMessage(101, LogLevel.Error, "Trigger {Trigger} of flow {Flow} can't be used")]
    public static partial void TriggerUnusable(ILogger logger, Exception exception, string flow, string trigger);

    [LoggerMessage(102, LogLevel.Error, "The {Key} key of flow {Flow} can't be decrypted; URLs signed with it don't work")]
    public static partial void KeyUnreadable(ILogger logger, Exception exception, string flow, KeyType key);

    [LoggerMessage(103, LogLevel.Warning, "A request for flow {Flow} was turned away because the store can't be written: {Reason}")]
    public static partial void StoreUnavailable(ILogger logger, string flow, string reason);

    [LoggerMessage(104, LogLevel.Warning, "A request for flow {Flow} was turned away for lack of memory: {Reason}")]
    public static partial void ShortOfMemory(ILogger logger, string flow, string reason);
}
