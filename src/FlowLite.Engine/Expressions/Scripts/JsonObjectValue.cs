using System.Text.Json;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;
using JsEngine = Jint.Engine;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>
/// A JSON object as a script sees it: an ordinary object that a script may change for itself, whose members are made when one of
/// them is first asked for. Keys match exactly.
/// </summary>
internal sealed class JsonObjectValue : ObjectInstance
{
    private readonly JsonElement _json;
    private readonly List<(JsValue Value, JsonElement Json)> _made = [];
    private bool _isTouched;
    private bool _isChanged;

    public JsonObjectValue(JsEngine engine, JsonElement json)
        : base(engine)
    {
        _json = json;
        Prototype = engine.Intrinsics.Object.PrototypeObject;
    }

    /// <summary>The JSON that it was made of, while no script has looked into it.</summary>
    public JsonElement? Untouched => _isTouched ? null : _json;

    /// <summary>No script has changed it or anything in it.</summary>
    public bool IsUnchanged => !_isChanged && _made.TrueForAll(made => ScriptValues.IsSame(made.Value, made.Json));

    public override bool Set(JsValue property, JsValue value, JsValue receiver)
    {
        _isChanged = true;
        return base.Set(property, value, receiver);
    }

    public override bool DefineOwnProperty(JsValue property, PropertyDescriptor desc)
    {
        _isChanged = true;
        return base.DefineOwnProperty(property, desc);
    }

    public override bool Delete(JsValue property)
    {
        _isChanged = true;
        return base.Delete(property);
    }

    protected override void Initialize()
    {
        _isTouched = true;
        foreach (var member in _json.EnumerateObject())
        {
            var value = member.Value;
            // Lists are made as a whole, so not before somebody wants one.
            FastSetProperty(member.Name, value.ValueKind == JsonValueKind.Array
                ? PropertyDescriptor.CreateLazy((Owner: this, value), static state => state.Owner.Make(state.value), PropertyFlag.ConfigurableEnumerableWritable)
                : new PropertyDescriptor(Make(value), PropertyFlag.ConfigurableEnumerableWritable));
        }
    }

    private JsValue Make(JsonElement json)
    {
        var value = ScriptValues.FromJson(Engine, json);
        if (value.IsObject())
        {
            _made.Add((value, json));
        }

        return value;
    }
}

/// <summary>Names that are known before, each with a value that is made when it is first asked for: <c>variables</c>, <c>inputs</c>, <c>actions</c>.</summary>
internal sealed class NamedValues : ObjectInstance
{
    private readonly IEnumerable<string> _names;
    private readonly Func<string, JsValue> _make;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public NamedValues(JsEngine engine, IEnumerable<string> names, Func<string, JsValue> make)
        : base(engine)
    {
        _names = names;
        _make = make;
        Prototype = engine.Intrinsics.Object.PrototypeObject;
    }

    /// <summary>Whether the script has read or set it. What it has not is as it was, and nobody has to look at it.</summary>
    public bool IsUsed(string name) => _used.Contains(name);

    public override bool Set(JsValue property, JsValue value, JsValue receiver)
    {
        _used.Add(property.ToString());
        return base.Set(property, value, receiver);
    }

    public override bool DefineOwnProperty(JsValue property, PropertyDescriptor desc)
    {
        _used.Add(property.ToString());
        return base.DefineOwnProperty(property, desc);
    }

    protected override void Initialize()
    {
        foreach (var name in _names)
        {
            FastSetProperty(name, PropertyDescriptor.CreateLazy((Owner: this, name), static state => state.Owner.Make(state.name), PropertyFlag.ConfigurableEnumerableWritable));
        }
    }

    private JsValue Make(string name)
    {
        _used.Add(name);
        return _make(name);
    }
}
