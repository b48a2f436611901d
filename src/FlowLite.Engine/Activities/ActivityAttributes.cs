using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Activities;

/// <summary>Makes a class an activity: its type name is <c>{ns}.{class}</c> unless <see cref="Type"/> says otherwise.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ActivityAttribute(string ns, string category, string? description = null) : Attribute
{
    public string Namespace => ns;
    public string Category => category;
    public string? Description => description;
    public string? Type { get; init; }
    public string? DisplayName { get; init; }
    public int Version { get; init; } = 1;
    public ActivityKind Kind { get; init; } = ActivityKind.Action;
    public Effect Effect { get; init; }
    /// <summary>Outcomes besides Done, or instead of it when Done is left out of a list that is given.</summary>
    public string[] Outcomes { get; init; } = [Activities.Outcomes.Done];
    /// <summary>
    /// The Studio finds the outcomes in the activity's settings itself, as it does for some of Elsa's types and for inputs whose
    /// editor is dynamic-outcomes.
    /// </summary>
    public bool HasDynamicOutcomes { get; init; }
    /// <summary>Answers the caller of the trigger; may happen once in a run.</summary>
    public bool SendsResponse { get; init; }
    /// <summary>False: the Studio knows it, but does not offer it.</summary>
    public bool IsBrowsable { get; init; } = true;
    /// <summary>Nothing comes before it: no In port.</summary>
    public bool IsStart { get; init; }
    /// <summary>Nothing comes after it: no Done port.</summary>
    public bool IsTerminal { get; init; }
    /// <summary>Why it can't run here: it is shown, kept in documents, and refused when a flow with it is published.</summary>
    public string? NotAvailable { get; init; }
}

public enum ActivityKind
{
    Action,
    Trigger,
    Job,
    Task,
}

/// <summary>A setting of an activity: what the Studio's form shows for it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InputAttribute : Attribute
{
    public string? DisplayName { get; init; }
    public string? Description { get; init; }
    /// <summary>Elsa's short type name, where it doesn't follow from the property's type.</summary>
    public string? TypeName { get; init; }
    public bool Required { get; init; }
    /// <summary>What holds when it is unset. A list: its JSON text.</summary>
    public object? DefaultValue { get; init; }
    /// <summary>The Studio's editor: singleline, multiline, checkbox, dropdown, json-editor… Null: what suits the type.</summary>
    public string? UIHint { get; init; }
    /// <summary>What can be chosen; each as <c>value</c> or <c>value|text</c>. With the editor dynamic-outcomes: the outcomes that are always there.</summary>
    public string[]? Options { get; init; }
    /// <summary>The choices are asked for anew whenever the form opens.</summary>
    public bool Refresh { get; init; }
    /// <summary>What stands before the text in its editor.</summary>
    public string? Adornment { get; init; }
    /// <summary>The language that a code or JSON editor colours: <c>javascript</c>, <c>json</c>, <c>csharp</c>…</summary>
    public string? EditorLanguage { get; init; }
    /// <summary>A code or JSON editor with many lines.</summary>
    public bool IsLargeEditor { get; init; }
    /// <summary>The language of a new expression; Literal unless said otherwise.</summary>
    public string? DefaultSyntax { get; init; }
    /// <summary>The language that the text is code in, for a <see cref="Deferred{T}"/> that holds a script.</summary>
    public string? Language { get; init; }
    /// <summary>The part of the form that it belongs to, such as Advanced.</summary>
    public string? Category { get; init; }
    /// <summary>Its place in the form; without one, that of its declaration, from 0.</summary>
    public float Order { get; init; } = float.NaN;
    /// <summary>False: no form shows it.</summary>
    public bool IsBrowsable { get; init; } = true;
    public bool IsReadOnly { get; init; }
    /// <summary>Its value is kept out of what people read.</summary>
    public bool IsSensitive { get; init; }
}

[AttributeUsage(AttributeTargets.Property)]
public sealed class OutputAttribute : Attribute
{
    public string? DisplayName { get; init; }
    public string? Description { get; init; }
    /// <summary>Elsa's short type name, where it doesn't follow from the property's type.</summary>
    public string? TypeName { get; init; }
}

/// <summary>
/// A list in which children stand: each item is one (Fork's <c>branches</c>), or it has a key and holds some at members
/// (Switch's <c>cases[].activity</c>, at the port <c>cases/{label}/activity</c>). On a class, once for each list.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class ChildListAttribute(string list, params string[] members) : Attribute
{
    public string List => list;
    /// <summary>Members of an item that hold an activity; none: the item is the activity.</summary>
    public IReadOnlyList<string> Members => members;
    /// <summary>What names an item, the first that is set: a member, one of an activity in it (<c>trigger.id</c>), or several (<c>from+to</c>).</summary>
    public string[] Keys { get; init; } = [];

    internal string? KeyOf(JsonElement item) =>
        Keys.Select(key => key.Split('+').Select(path => Text(item, path)).ToList())
            .Where(parts => parts.TrueForAll(part => part is not null))
            .Select(parts => string.Join("->", parts))
            .FirstOrDefault();

    private static string? Text(JsonElement item, string path)
    {
        var dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? item.Text(path) ?? (item.Member(path) is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : null) : item.Member(path[..dot]).Text(path[(dot + 1)..]);
    }

    internal static string Port(string list, string key, string member) => $"{list}/{key}/{member}";
}

/// <summary>A port at which a child activity is embedded. On a class, once for each.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PortAttribute(string name) : Attribute
{
    public string Name => name;
    public string? DisplayName { get; init; }
}
