using System.Globalization;
using Jint;
using Jint.Runtime;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>The clock that scripts see, in UTC; whoever looks at it gets a value that will not come out the same again.</summary>
internal sealed class ScriptClock(TimeProvider clock, IExpressionScope scope) : ITimeSystem
{
    private static readonly ITimeSystem Parser = new Options { TimeZone = TimeZoneInfo.Utc, Culture = CultureInfo.InvariantCulture }.TimeSystem;

    public TimeZoneInfo DefaultTimeZone => TimeZoneInfo.Utc;

    public DateTimeOffset GetUtcNow()
    {
        scope.MarkUnrepeatable();
        return clock.GetUtcNow();
    }

    public TimeSpan GetUtcOffset(long epochMilliseconds) => TimeSpan.Zero;

    public bool TryParse(string date, out long epochMilliseconds) => Parser.TryParse(date, out epochMilliseconds);
}
