using System.Buffers;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;

namespace FlowLite.Engine.Runs;

/// <summary>Evaluates an activity's inputs into one JSON object: what is journaled and what the activity reads.</summary>
internal static class InputEvaluator
{
    /// <summary>A request's body is up to 64 levels deep; inputs may put it some levels deeper. The journal takes more than these.</summary>
    internal const int MaxDepth = 128;

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = MaxDepth };

    [ThreadStatic] private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>Null when the activity has no inputs set.</summary>
    /// <exception cref="ExpressionException">With the input's name in its message.</exception>
    public static JsonElement? Evaluate(ActivityNode node, IExpressionScope scope)
    {
        if (node.Inputs.Length == 0)
        {
            return null;
        }

        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            foreach (var input in node.Inputs)
            {
                writer.WritePropertyName(input.Name);
                Write(writer, input, scope, null);
            }

            writer.WriteEndObject();
        }

        if (buffer.Capacity > 1024 * 1024)
        {
            _buffer = null;
        }

        try
        {
            return JsonElement.Parse(buffer.WrittenSpan, Nesting);
        }
        catch (JsonException e)
        {
            // All that can be wrong with what a writer wrote.
            throw new ExpressionException($"The inputs are nested deeper than {MaxDepth} levels.", 0, 0, e);
        }
    }

    /// <summary>The values by slot.</summary>
    public static JsonElement[] Slots(ActivityNode node, JsonElement? inputs) =>
        inputs is { } json ? [.. node.Inputs.Select(input => json.GetProperty(input.Name))] : [];

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
            input.Expression!.Evaluate(scope).WriteTo(writer);
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
}
