using System.Text.Json;

namespace FlowLite.Engine.Expressions;

public interface IExpressionScope
{
    JsonElement Trigger { get; }
    JsonElement Run { get; }
    JsonElement Flow { get; }
    JsonElement Item { get; }
    bool TryGetAction(string name, out ActionView action);
    bool TryGetVariable(string idOrName, out JsonElement value);
    bool TryGetInput(string name, out JsonElement value);
}

public readonly record struct ActionView(string Status, JsonElement Outputs);

public sealed record ExpressionProblem(string Message, int Line, int Column, bool IsWarning = false);

public sealed class ExpressionException(string message, int line = 0, int column = 0, Exception? inner = null) : Exception(message, inner)
{
    public int Line => line;
    public int Column => column;
}

public abstract class CompiledExpression
{
    public abstract JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default);
    public virtual JsonElement? Constant => null;
}

public interface IExpressionLanguage
{
    string Name { get; }
    CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems);
}

public sealed class ExpressionLanguages(IEnumerable<IExpressionLanguage> languages)
{
    private readonly Dictionary<string, IExpressionLanguage> _byName = languages.ToDictionary(l => l.Name);
    public static ExpressionLanguages Default { get; } = new([]);
    public bool TryGet(string name, out IExpressionLanguage language) => _byName.TryGetValue(name, out language!);
    public IReadOnlyCollection<string> Names => _byName.Keys;
}
