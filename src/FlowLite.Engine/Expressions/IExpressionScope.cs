using System.Text.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>
/// What an expression can see. Implemented by a run (and by tests). All values are immutable JSON; a missing thing is
/// a <see cref="JsonElement"/> with <see cref="JsonValueKind.Undefined"/>.
/// </summary>
public interface IExpressionScope
{
    /// <summary>What started the run: <c>{"headers":{},"queries":{},"path":{},"body":...}</c>.</summary>
    JsonElement Trigger { get; }

    /// <summary>The run itself: <c>{"id":"…","now":"2026-11-22T20:53:04.123Z",...}</c>.</summary>
    JsonElement Run { get; }

    /// <summary>The workflow: <c>{"id":"…","name":"…","version":1}</c>.</summary>
    JsonElement Flow { get; }

    /// <summary>The current item of the innermost ForEach; Undefined outside loops.</summary>
    JsonElement Item { get; }

    bool TryGetAction(string name, out ActionView action);

    bool TryGetVariable(string idOrName, out JsonElement value);

    bool TryGetInput(string name, out JsonElement value);
}

/// <summary>What an expression sees of an activity that has run: <c>actions.NAME.status</c> and <c>actions.NAME.outputs</c>.</summary>
public readonly record struct ActionView(string Status, JsonElement Outputs);
