using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace FlowLite.Engine.Expressions;

/// <summary>The languages by name; case-sensitive as in stored workflows.</summary>
public sealed class ExpressionLanguages(IEnumerable<IExpressionLanguage> languages)
{
    private readonly FrozenDictionary<string, IExpressionLanguage> _byName =
        languages.ToFrozenDictionary(language => language.Name, StringComparer.Ordinal);

    /// <summary>Scriban, JavaScript, Liquid, Literal, Object, Json, Variable and Input.</summary>
    public static ExpressionLanguages Default { get; } = new(
    [
        new ScribanLanguage(),
        new JavaScriptLanguage(),
        new LiquidLanguage(),
        new LiteralLanguage(),
        new JsonLanguage("Object"),
        new JsonLanguage("Json"),
        new VariableLanguage(),
        new InputLanguage(),
    ]);

    public IReadOnlyCollection<string> Names => _byName.Keys;

    public bool TryGet(string name, [NotNullWhen(true)] out IExpressionLanguage? language) =>
        _byName.TryGetValue(name, out language);
}
