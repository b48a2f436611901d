using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>
/// Members of texts, numbers and booleans: a text has <c>size</c>, all else is missing and so null, as in
/// <see cref="JsonPath.Member"/>. Scriban's own accessors throw.
/// </summary>
internal sealed class ScalarAccessor : IObjectAccessor
{
    public static ScalarAccessor Shared { get; } = new();

    // Without an indexer, x[1] asks for the member "1".
    public bool HasIndexer => false;

    public Type IndexType => typeof(string);

    public int GetMemberCount(TemplateContext context, SourceSpan span, object target) => 0;

    public IEnumerable<string> GetMembers(TemplateContext context, SourceSpan span, object target) => [];

    public bool HasMember(TemplateContext context, SourceSpan span, object target, string member) =>
        target is string && member == "size";

    public bool TryGetValue(TemplateContext context, SourceSpan span, object target, string member, out object? value)
    {
        value = target is string text && member == "size" ? text.Length : null;
        return value is not null;
    }

    public bool TrySetValue(TemplateContext context, SourceSpan span, object target, string member, object? value) => false;

    public bool TryGetItem(TemplateContext context, SourceSpan span, object target, object index, out object? value)
    {
        value = null;
        return false;
    }

    public bool TrySetItem(TemplateContext context, SourceSpan span, object target, object index, object? value) => false;
}
