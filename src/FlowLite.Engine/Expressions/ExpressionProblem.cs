namespace FlowLite.Engine.Expressions;

/// <summary>A problem found when an expression is compiled; <see cref="Line"/> and <see cref="Column"/> are 1-based, 0 when unknown.</summary>
public sealed record ExpressionProblem(string Message, int Line, int Column, bool IsWarning = false);
