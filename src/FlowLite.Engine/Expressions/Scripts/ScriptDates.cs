using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;
using JsEngine = Jint.Engine;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>
/// How a date leaves a script: as .NET writes it, which is what Elsa makes of it. It has no fraction of a second where there is none. In the script itself
/// <c>JSON.stringify</c> has JavaScript's own way.
/// </summary>
internal sealed class ScriptDates
{
    private const string Method = "toJSON";
    private readonly ObjectInstance _prototype;
    private readonly PropertyDescriptor _leaving;

    public ScriptDates(JsEngine engine)
    {
        _prototype = engine.Global.Get("Date").AsObject().Get("prototype").AsObject();
        var original = _prototype.Get(Method);
        _leaving = new PropertyDescriptor(
            new ClrFunction(engine, Method, (date, arguments) => Shorten(engine.Call(original, date, arguments)), 1), PropertyFlag.NonEnumerable);
    }

    public T Leave<T>(Func<T> write)
    {
        var inside = _prototype.GetOwnProperty(Method);
        _prototype.FastSetProperty(Method, _leaving);
        try
        {
            return write();
        }
        finally
        {
            _prototype.FastSetProperty(Method, inside);
        }
    }

    // Null for a date that is none.
    private static JsValue Shorten(JsValue text) =>
        text.IsString() && text.ToString() is { Length: > 0 } date && date[^1] == 'Z' ? new JsString($"{date[..^1].TrimEnd('0').TrimEnd('.')}Z") : text;
}
