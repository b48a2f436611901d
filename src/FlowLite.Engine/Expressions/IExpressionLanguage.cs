using System.Text.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>A language in which an activity's input can be written.</summary>
public interface IExpressionLanguage
{
    /// <summary>The name that stored workflows use, as in <c>{"type":"Scriban","value":"…"}</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Compiles the stored <c>value</c> (a string usually, but any JSON value, or Undefined when absent). Never throws
    /// for bad input: it adds to <paramref name="problems"/> and returns null. Warnings do not stop it.
    /// </summary>
    /// <param name="value">The <c>value</c> of <c>{"type","value"}</c>; it must outlive the compiled expression.</param>
    /// <param name="sourceName">Where the expression stands, for messages.</param>
    /// <param name="problems">Receives what is wrong.</param>
    CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems);
}
