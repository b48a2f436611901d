using System.Text.Json;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Activities;

/// <summary>A setting that holds an expression. Unset inputs give the default of their attribute.</summary>
public abstract class Input
{
    internal int Slot { get; init; } = -1;
    internal object? Default { get; init; }

    public bool IsSet => Slot >= 0;

    internal abstract Type ValueType { get; }

    /// <summary>The JSON value that its expression gave; null when it is unset.</summary>
    public JsonElement? GetJson(ActivityContext context) => IsSet ? context.Input(Slot) : null;
}

public sealed class Input<T> : Input
{
    internal override Type ValueType => typeof(T);

    /// <exception cref="ActivityException"><c>InvalidInput</c>: the value doesn't fit the input's type.</exception>
    public T? Get(ActivityContext context)
    {
        var value = GetJson(context);
        return value is null or { ValueKind: JsonValueKind.Null }
            ? Default is T fallback ? fallback : default
            : (T?)InputValues.Convert(value.Value, typeof(T));
    }
}

/// <summary>A map of inputs, such as a record's fields: one expression for each key.</summary>
public sealed class InputMap : Input
{
    internal override Type ValueType => typeof(JsonElement);

    /// <summary>Keys that the author has mapped, known without running anything.</summary>
    public IReadOnlyList<string> Keys { get; internal init; } = [];

    /// <summary>A JSON object: a member for each key.</summary>
    public JsonElement? Get(ActivityContext context) => GetJson(context);
}

/// <summary>
/// An expression that the activity evaluates itself, as often as it needs, with <see cref="ActivityContext.Evaluate{T}"/>: for each item
/// of a list. Also takes an object with an expression for each member.
/// </summary>
public sealed class Deferred<T> : Input
{
    internal override Type ValueType => typeof(T);

    internal CompiledInput? Compiled { get; init; }

    /// <summary>The members of an object of expressions, in their order; empty when it is one expression.</summary>
    public IReadOnlyList<string> Keys => Compiled?.Members is { } members ? [.. members.Select(member => member.Name)] : [];
}

/// <summary>A value that an activity produces; a binding in the definition copies it to a variable.</summary>
public sealed class Output<T>(string name)
{
    public string Name => name;
}
