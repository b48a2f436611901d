namespace FlowLite.Server.Hosting;

/// <summary>The server can't start, for a reason that its operator can mend; the message is all that is shown.</summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
