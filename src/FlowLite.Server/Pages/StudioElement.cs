namespace FlowLite.Server.Pages;

/// <param name="Attribute">What tells the element which thing to show, with its <paramref name="Value"/>; null for lists.</param>
/// <param name="Flow">The only flow whose runs a list of runs shows; null: all.</param>
public sealed record StudioElement(bool IsInstalled, string Tag, string? Attribute = null, string? Value = null, string? Flow = null);
