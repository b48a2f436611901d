namespace FlowLite.Engine.Expressions;

/// <summary>
/// Thrown while an expression is evaluated. The message is fit for the author of the workflow and never holds a stack
/// trace; <see cref="Line"/> and <see cref="Column"/> are 1-based, 0 when unknown.
/// </summary>
public class ExpressionException(string message, int line = 0, int column = 0, Exception? inner = null)
    : Exception(message, inner)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}
