using System.Collections;
using System.Text.Json;
using FlowLite.Engine.Json;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>Scriban's view on JSON: lazy, so that a large lead costs nothing until a member of it is asked for.</summary>
internal static class JsonViews
{
    /// <summary>What Scriban sees of a value; null for null and for what is missing.</summary>
    /// <exception cref="InvalidOperationException">A text holds half a surrogate pair.</exception>
    public static object? Wrap(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => new JsonObjectView(value),
        JsonValueKind.Array => new JsonArrayView(value),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => JsonNumberView.Wrap(value),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}

/// <summary>An object that a template can read and not change.</summary>
internal abstract class ReadOnlyView : IScriptObject
{
    public abstract int Count { get; }

    public bool IsReadOnly
    {
        get => true;
        set { }
    }

    public abstract IEnumerable<string> GetMembers();

    public abstract bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value);

    public virtual bool Contains(string member) => TryGetValue(null, default, member, out _);

    public bool CanWrite(string member) => false;

    public bool TrySetValue(TemplateContext? context, SourceSpan span, string member, object? value, bool readOnly) => false;

    public bool Remove(string member) => false;

    public void SetReadOnly(string member, bool readOnly)
    {
    }

    // Nothing can change it, so it is its own copy.
    public IScriptObject Clone(bool deep) => this;
}

internal sealed class JsonObjectView(JsonElement element) : ReadOnlyView, IEnumerable<KeyValuePair<string, object?>>
{
    public JsonElement Element => element;

    public override int Count => element.GetPropertyCount();

    public override IEnumerable<string> GetMembers() => element.EnumerateObject().Select(property => property.Name).Distinct();

    public override bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value)
    {
        var found = JsonPath.Member(element, member);
        value = JsonViews.Wrap(found);
        return found.ValueKind != JsonValueKind.Undefined;
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() =>
        GetMembers().Select(name => KeyValuePair.Create(name, JsonViews.Wrap(element.GetProperty(name)))).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

internal sealed class JsonArrayView(JsonElement element) : ReadOnlyView, IList, IList<object?>
{
    public JsonElement Element => element;

    public override int Count { get; } = element.GetArrayLength();

    public bool IsFixedSize => true;

    public bool IsSynchronized => false;

    public object SyncRoot => this;

    public object? this[int index]
    {
        get => JsonViews.Wrap(JsonPath.Item(element, index));
        set => throw ReadOnly();
    }

    public override IEnumerable<string> GetMembers() => ["size"];

    public override bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value)
    {
        value = JsonViews.Wrap(JsonPath.Member(element, member));
        return value is not null;
    }

    public IEnumerator<object?> GetEnumerator() => element.EnumerateArray().Select(JsonViews.Wrap).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public int IndexOf(object? value) => this.Select((item, index) => (item, index)).FirstOrDefault(pair => Equals(pair.item, value), (null, -1)).index;

    bool IList.Contains(object? value) => IndexOf(value) >= 0;

    bool ICollection<object?>.Contains(object? item) => IndexOf(item) >= 0;

    public void CopyTo(Array array, int index)
    {
        foreach (var item in this)
        {
            array.SetValue(item, index++);
        }
    }

    public void CopyTo(object?[] array, int arrayIndex) => CopyTo((Array)array, arrayIndex);

    int IList.Add(object? value) => throw ReadOnly();

    void ICollection<object?>.Add(object? item) => throw ReadOnly();

    void IList.Clear() => throw ReadOnly();

    void ICollection<object?>.Clear() => throw ReadOnly();

    void IList.Insert(int index, object? value) => throw ReadOnly();

    void IList<object?>.Insert(int index, object? item) => throw ReadOnly();

    void IList.Remove(object? value) => throw ReadOnly();

    bool ICollection<object?>.Remove(object? item) => throw ReadOnly();

    void IList.RemoveAt(int index) => throw ReadOnly();

    void IList<object?>.RemoveAt(int index) => throw ReadOnly();

    private static NotSupportedException ReadOnly() => new("The list cannot be changed; make a new one.");
}

/// <summary><c>actions</c>, <c>variables</c> or <c>inputs</c>: members are looked up by name, but cannot be listed.</summary>
internal sealed class LookupView(string name, Func<string, object?> find) : ReadOnlyView
{
    public string Name => name;

    public override int Count => 0;

    public override IEnumerable<string> GetMembers() => [];

    public override bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value)
    {
        value = find(member);
        return value is not null;
    }
}

/// <summary><c>actions.NAME</c>.</summary>
internal sealed class ActionObjectView(ActionView action) : ReadOnlyView
{
    public override int Count => 2;

    public override IEnumerable<string> GetMembers() => ["status", "outputs"];

    public override bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value)
    {
        var found = Member(action, member);
        value = JsonViews.Wrap(found);
        return found.ValueKind != JsonValueKind.Undefined;
    }

    /// <summary>The action as JSON, <c>{"status":…,"outputs":…}</c>.</summary>
    public static JsonElement ToJson(ActionView action) => JsonValues.Object(writer =>
    {
        writer.WriteString("status", action.Status);
        writer.WritePropertyName("outputs");
        (action.Outputs.ValueKind == JsonValueKind.Undefined ? JsonValues.Null : action.Outputs).WriteTo(writer);
    });

    public JsonElement ToJson() => ToJson(action);

    public static JsonElement Member(ActionView action, string member) =>
        member.Equals("outputs", StringComparison.OrdinalIgnoreCase) ? action.Outputs
        : member.Equals("status", StringComparison.OrdinalIgnoreCase) ? JsonValues.String(action.Status)
        : default;
}
