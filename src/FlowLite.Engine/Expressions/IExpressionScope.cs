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

    /// <summary>The latest output called <c>Result</c> of any activity; Undefined when there was none.</summary>
    JsonElement LastResult => default;

    IEnumerable<string> VariableNames => [];

    IEnumerable<string> ActionNames => [];

    IEnumerable<string> InputNames => [];

    /// <summary>The inputs that the flow declares, also those that the run was given nothing for.</summary>
    IEnumerable<string> DeclaredInputs => [];

    /// <param name="name">The name of an activity, else its id.</param>
    bool TryGetAction(string name, out ActionView action);

    bool TryGetVariable(string idOrName, out JsonElement value);

    bool TryGetInput(string name, out JsonElement value);

    /// <summary>A value as the variable takes it.</summary>
    JsonElement Fit(string idOrName, JsonElement value) => value;

    /// <summary>Sets a variable once the expression has given its value; a variable that nobody declared lives under its name.</summary>
    /// <exception cref="ExpressionException">Nothing can be set here.</exception>
    void SetVariable(string idOrName, JsonElement value) => throw new ExpressionException("A variable can't be set here.");

    /// <summary>The value comes from the clock or from chance: evaluated again it would be another.</summary>
    void MarkUnrepeatable()
    {
    }

    /// <summary>The outcomes of the activity whose script is running.</summary>
    /// <exception cref="ExpressionException">It is no script of such an activity.</exception>
    void SetOutcomes(IReadOnlyList<string> outcomes) => throw new ExpressionException("Outcomes can be set in the script of a Run JavaScript activity only.");

    /// <summary>What people call the run.</summary>
    /// <exception cref="ExpressionException">It can't be changed here.</exception>
    void SetRunName(string name) => throw new ExpressionException("The run's name can't be set here.");

    /// <summary>What the run has in common with others.</summary>
    /// <exception cref="ExpressionException">It can't be changed here, or must not be shown.</exception>
    void SetCorrelationId(string correlationId) => throw new ExpressionException("The correlation id can't be set here.");
}

/// <summary>What an expression sees of an activity that has run: <c>actions.NAME.status</c> and <c>actions.NAME.outputs</c>.</summary>
public readonly record struct ActionView(string Status, JsonElement Outputs);
