using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Secure;

namespace FlowLite.Engine.Runs;

/// <summary>Evaluates an activity's inputs into one JSON object: what is journaled and what the activity reads.</summary>
internal static class InputEvaluator
{
    /// <summary>A request's body is up to 64 levels deep; inputs may put it some levels deeper. The journal takes more than these.</summary>
    internal const int MaxDepth = 128;

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = MaxDepth };

    [ThreadStatic] private static ScratchBuffer? _buffer;

    /// <summary>The inputs as they are kept; null when the activity has none set.</summary>
    /// <exception cref="ExpressionException">With the input's name in its message.</exception>
    public static JsonElement? Evaluate(ActivityNode node, RunScope scope, SecureValues secure)
    {
        if (node.Inputs.Length == 0)
        {
            return null;
        }

        var inputs = Evaluate(node, scope, out var looked);
        return looked is not null || SecureValues.AreIn(inputs) || Array.Exists(node.Inputs, static input => input.IsSecure)
            ? JsonValues.Object(writer => Keep(writer, node, inputs, looked, secure))
            : inputs;
    }

    private static void Keep(Utf8JsonWriter writer, ActivityNode node, JsonElement inputs, bool[]? looked, SecureValues secure)
    {
        for (var i = 0; i < node.Inputs.Length; i++)
        {
            var input = node.Inputs[i];
            writer.WritePropertyName(input.Name);
            JsonValues.Copy(writer, secure.Keep(inputs.GetProperty(input.Name), looked?[i] == true || input.IsSecure));
        }
    }

    /// <param name="looked">Which of them looked at something secure; null: none.</param>
    private static JsonElement Evaluate(ActivityNode node, RunScope scope, out bool[]? looked)
    {
        looked = null;
        var buffer = _buffer ??= new ScratchBuffer();
        buffer.Reset();
        try
        {
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            {
                writer.WriteStartObject();
                for (var i = 0; i < node.Inputs.Length; i++)
                {
                    writer.WritePropertyName(node.Inputs[i].Name);
                    Write(writer, node.Inputs[i], scope, null);
                    if (scope.TakeLooked())
                    {
                        (looked ??= new bool[node.Inputs.Length])[i] = true;
                    }
                }

                writer.WriteEndObject();
            }

            return JsonElement.Parse(buffer.Written, Nesting);
        }
        catch (JsonException e)
        {
            // All that can be wrong with what a writer wrote.
            throw new ExpressionException($"The inputs are nested deeper than {MaxDepth} levels.", 0, 0, e);
        }
        finally
        {
            buffer.Reset();
        }
    }

    /// <summary>The value of one input.</summary>
    /// <exception cref="ExpressionException">With the input's name in its message.</exception>
    public static JsonElement Evaluate(CompiledInput input, IExpressionScope scope) =>
        input.Members is null && input.Expression is { Constant: { } constant }
            ? constant
            : JsonValues.Write((input, scope), static (writer, state) => Write(writer, state.input, state.scope, null));

    /// <summary>The values by slot, from how they are kept.</summary>
    /// <exception cref="ExpressionException">A secure value can't be read here.</exception>
    public static SlotValues Slots(ActivityNode node, JsonElement? inputs, SecureValues secure)
    {
        if (inputs is not { } kept)
        {
            return new SlotValues([]);
        }

        return SecureValues.AreIn(kept)
            ? new SlotValues([.. node.Inputs.Select(input => secure.Open(kept.GetProperty(input.Name)))], [.. node.Inputs.Select(input => SecureValues.AreIn(kept.GetProperty(input.Name)))])
            : new SlotValues([.. node.Inputs.Select(input => kept.GetProperty(input.Name))]);
    }

    private static void Write(Utf8JsonWriter writer, CompiledInput input, IExpressionScope scope, string? parent)
    {
        if (input.Members is { } members)
        {
            writer.WriteStartObject();
            foreach (var member in members)
            {
                writer.WritePropertyName(member.Name);
                if (input.FailuresAreValues)
                {
                    WriteLenient(writer, member, scope, input.Name);
                }
                else
                {
                    Write(writer, member, scope, input.Name);
                }
            }

            writer.WriteEndObject();
            return;
        }

        WriteValue(writer, input, scope, parent);
    }

    private static void WriteLenient(Utf8JsonWriter writer, CompiledInput input, IExpressionScope scope, string parent)
    {
        try
        {
            WriteValue(writer, input, scope, parent);
        }
        catch (ExpressionException e)
        {
            writer.WriteStartObject();
            writer.WriteString(CaseInput.Error, e.Line > 0 ? $"{e.Message} (line {e.Line}, column {e.Column})" : e.Message);
            writer.WriteEndObject();
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, CompiledInput input, IExpressionScope scope, string? parent)
    {
        try
        {
            JsonValues.Copy(writer, input.Expression!.Evaluate(scope));
        }
        catch (ExpressionException e)
        {
            var name = parent is null ? input.Name : $"{parent}.{input.Name}";
            throw new ExpressionException($"{name}: {e.Message}", e.Line, e.Column, e);
        }
        catch (InvalidOperationException e)
        {
            // A lone surrogate can be read but not written.
            throw new ExpressionException($"{input.Name}: the text is not valid Unicode.", 0, 0, e);
        }
    }

    /// <summary>
    /// Whether the activity was given something secure, besides what it takes as a secret anyway: one with an effect knows what to do with that,
    /// one that only calculates makes something of it.
    /// </summary>
    public static bool AreSecure(ActivityNode node, JsonElement? inputs) =>
        node.SecureInputs
        || (inputs is { } kept && SecureValues.AreIn(kept)
            && Array.Exists(node.Inputs, input => (!input.IsSecure || (node.Descriptor.Effect == Effect.None && IsExpression(input))) && SecureValues.AreIn(kept.GetProperty(input.Name))));

    /// <summary>Whether it takes a secret that doesn't stand in the definition.</summary>
    public static bool TakesSecret(ActivityNode node) => Array.Exists(node.Inputs, input => input.IsSecure && IsExpression(input));

    private static bool IsExpression(CompiledInput input) => input.Expression is not { Constant: not null };
}

/// <summary>An activity's inputs by slot, as it reads them.</summary>
/// <param name="Secure">Which of them are kept sealed; null: none.</param>
internal readonly record struct SlotValues(JsonElement[] Open, bool[]? Secure = null);
