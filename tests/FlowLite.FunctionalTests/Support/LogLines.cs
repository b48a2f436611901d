using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Support;

/// <summary>What is logged, with the scopes around it.</summary>
internal sealed class LogLines : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ConcurrentQueue<string> All { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    private sealed class Logger(LogLines lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => lines._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = new StringBuilder($"{category} {logLevel} {formatter(state, exception)} {exception}");
            lines._scopes.ForEachScope((scope, text) => text.Append(' ').Append(scope), line);
            lines.All.Enqueue(line.ToString());
        }
    }
}
