using System.Text.Json;

namespace FlowLite.Server.Studio;

/// <summary>A kind of activity as Elsa Studio wants it described; serialized as it is, in camelCase.</summary>
public sealed record StudioActivity
{
    /// <summary>Unique together with <see cref="Version"/>. What a definition's activities carry as <c>type</c>.</summary>
    public required string TypeName { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public int Version { get; init; } = 1;
    /// <summary>The picker groups by what stands before its first slash.</summary>
    public required string Category { get; init; }
    public required string DisplayName { get; init; }
    public string Description { get; init; } = string.Empty;
    /// <summary><c>Action | Trigger | Job | Task</c></summary>
    public string Kind { get; init; } = "Action";
    public required IReadOnlyList<StudioInput> Inputs { get; init; }
    public required IReadOnlyList<StudioOutput> Outputs { get; init; }
    public required IReadOnlyList<StudioPort> Ports { get; init; }
    public IReadOnlyDictionary<string, JsonElement> CustomProperties { get; init; } = new Dictionary<string, JsonElement>();
    /// <summary>Copied to an activity that is dropped on the canvas, keys in camelCase; the only way to preset a value or a syntax.</summary>
    public IReadOnlyDictionary<string, JsonElement> ConstructionProperties { get; init; } = new Dictionary<string, JsonElement>();
    public bool IsContainer { get; init; }
    public bool IsBrowsable { get; init; } = true;
    public bool IsStart { get; init; }
    public bool IsTerminal { get; init; }
}

/// <param name="Name">As declared, PascalCase; in documents it is camelCase.</param>
/// <param name="TypeName">Elsa's short type names: <c>String</c>, <c>Int32</c>, <c>Object</c>…; the server writes it into a saved input.</param>
public sealed record StudioInput(string Name, string TypeName)
{
    public required string DisplayName { get; init; }
    public string Description { get; init; } = string.Empty;
    public float Order { get; init; }
    public bool IsBrowsable { get; init; } = true;
    public bool IsSynthetic { get; init; }
    /// <summary>False: a bare JSON value without an expression.</summary>
    public bool IsWrapped { get; init; } = true;
    public string UiHint { get; init; } = "singleline";
    public string? Category { get; init; }
    public JsonElement? DefaultValue { get; init; }
    public string DefaultSyntax { get; init; } = "Literal";
    public bool IsReadOnly { get; init; }
    public bool IsSensitive { get; init; }
    public string? StorageDriverType { get; init; }
    /// <summary>Settings of the editor by its key: <c>{"dropdown":{"selectList":{"items":[{"text","value"}],"isFlagsEnum":false}}}</c>. Read without string enums.</summary>
    public IReadOnlyDictionary<string, JsonElement>? UiSpecifications { get; init; }
}

public sealed record StudioOutput(string Name, string TypeName)
{
    public required string DisplayName { get; init; }
    public string Description { get; init; } = string.Empty;
    public float Order { get; init; }
    public bool IsBrowsable { get; init; } = true;
    public bool IsSynthetic { get; init; }
}

/// <param name="Type"><c>Flow</c>: an outcome; <c>Embedded</c>: a child stands in the activity at the name in camelCase.</param>
public sealed record StudioPort(string Name, string DisplayName, string Type = "Flow", bool IsBrowsable = true);
