using FlowLite.Engine.Expressions;

namespace FlowLite.Server.Api.Descriptors;

/// <summary>The languages of expressions as the Studio offers them: Scriban first, then in the order below, then those unknown here.</summary>
internal static class ExpressionDescriptors
{
    // The Studio leaves the first two out of its menu itself: they are the "Default" of an editor.
    private static readonly (string Name, string? MonacoLanguage, bool IsBrowsable)[] Known =
    [
        // The editor has no Scriban; Handlebars colours the same braces.
        ("Scriban", "handlebars", true),
        ("Literal", null, false),
        ("Object", "json", false),
        ("Json", "json", false),
        ("Variable", null, true),
        ("Input", null, true),
        ("JavaScript", "javascript", true),
        ("Liquid", "liquid", true),
    ];

    public static ItemsDto<ExpressionDescriptorDto> Of(ExpressionLanguages languages) => new(
    [
        .. Known.Where(known => languages.Names.Contains(known.Name)).Select(known => New(known.Name, known.MonacoLanguage, known.IsBrowsable)),
        .. languages.Names.Where(name => !Known.Any(known => known.Name == name)).Order(StringComparer.Ordinal).Select(name => New(name, null, true)),
    ]);

    private static ExpressionDescriptorDto New(string name, string? monacoLanguage, bool isBrowsable) => new(
        name, name, IsSerializable: true, isBrowsable, monacoLanguage is null ? [] : new Dictionary<string, string> { ["MonacoLanguage"] = monacoLanguage });
}

/// <param name="Properties"><c>MonacoLanguage</c>: how the editor colours it; without it there is no editor for code.</param>
internal sealed record ExpressionDescriptorDto(string Type, string DisplayName, bool IsSerializable, bool IsBrowsable, Dictionary<string, string> Properties);
