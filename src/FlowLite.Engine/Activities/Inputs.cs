using System.Text.Json;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Activities;

/// <summary>A setting that holds an expression. Unset inputs give the default of their attribute.</summary>
public abstract class Input
{
    internal int Slot { get; init; } = -1;
    internal object? Default { get; init; }

    public bool IsSet => Slot >= 0;

    /// <summary>The value that is known when the flow is published; null: it is unset, or an expression.</summary>
    internal JsonElement? Constant { get; init; }

    internal abstract Type ValueType { get; }

    /// <summary>What is known of the value without a run; null: nothing.</summary>
    public JsonElement? GetFixedJson() => Constant;

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

    /// <summary>The value without a run. False: it is an expression, whose value only a run knows.</summary>
    public bool TryGetFixed(out T? value)
    {
        value = Default is T fallback ? fallback : default;
        if (!IsSet)
        {
            return true;
        }

        if (Constant is not { ValueKind: not JsonValueKind.Null } constant)
        {
            return Constant is not null;
        }

        try
        {
            value = (T?)InputValues.Convert(constant, typeof(T));
        }
        catch (ActivityException)
        {
            // The publisher is told by the check of constants.
        }

        return true;
    }
}

/// <summary>Labelled conditions, a bare list in documents: <c>[{"label","condition":{"type","value"}}]</c>.</summary>
public sealed class CaseInput : Input
{
    internal const string Error = "$error";

    internal override Type ValueType => typeof(JsonElement);

    public IReadOnlyList<string> Labels { get; internal init; } = [];

    /// <summary>The cases as they stand in the document, in the order of <see cref="Labels"/>.</summary>
    public IReadOnlyList<JsonElement> Items { get; internal init; } = [];

    /// <summary>The labels whose condition holds, in order; only the first one if <paramref name="firstOnly"/>.</summary>
    /// <exception cref="ActivityException">A condition that had to be looked at could not be evaluated, or is neither true nor false.</exception>
    public IReadOnlyList<string> Matches(ActivityContext context, bool firstOnly)
    {
        var matches = new List<string>();
        foreach (var label in Labels)
        {
            if (Holds(context, label))
            {
                matches.Add(label);
                if (firstOnly)
                {
                    break;
                }
            }
        }

        return matches;
    }

    /// <param name="unset">What a case without a condition is.</param>
    /// <exception cref="ActivityException">The condition could not be evaluated, or is neither true nor false.</exception>
    public bool Holds(ActivityContext context, string label, bool unset = false)
    {
        if (GetJson(context) is not { } values || !values.TryGetProperty(label, out var condition))
        {
            return unset;
        }

        if (condition.ValueKind == JsonValueKind.Object && condition.TryGetProperty(Error, out var message))
        {
            throw new ActivityException("ExpressionFailed", message.GetString()!);
        }

        return condition.ValueKind == JsonValueKind.Null ? unset : (bool)InputValues.Convert(condition, typeof(bool))!;
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
