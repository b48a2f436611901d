using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Schema;

namespace FlowLite.Activities.Data;

/// <summary>
/// Reads JSON text, or takes a value that is JSON already, and holds it to a schema (draft-04, as in Flow). Fails with
/// <c>InvalidJson</c>, or with <c>SchemaValidationFailed</c> and every mismatch in its details, <c>[{"path","keyword","message"}]</c>.
/// </summary>
[Activity("FlowLite", "Data operations", "Read JSON text, and check it by a schema.", DisplayName = "Parse JSON")]
public sealed class ParseJson : Activity
{
    [Input(Description = "JSON text, or a value.", DefaultSyntax = "Scriban", Required = true)]
    public Input<object> Content { get; set; } = null!;

    /// <summary>A JSON schema, draft-04, as an object or its text. Empty: everything is taken.</summary>
    [Input(Description = "The JSON schema of the content.", UIHint = "json-editor")]
    public JsonElement? Schema { get; set; }

    [Output]
    public Output<object> Result { get; set; } = null!;

    private JsonSchema? Compiled { get; set; }

    protected override IEnumerable<string> Validate()
    {
        string? problem = null;
        try
        {
            var schema = Schema is { ValueKind: JsonValueKind.String } text
                ? string.IsNullOrWhiteSpace(text.GetString()) ? default : JsonElement.Parse(text.GetString()!)
                : Schema ?? default;
            Compiled = schema.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : JsonSchema.Compile(schema);
        }
        catch (Exception exception) when (exception is JsonException or JsonSchemaException)
        {
            problem = $"Schema: {exception.Message}";
        }

        return problem is null ? [] : [problem];
    }

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var content = Content.GetJson(context) ?? JsonValues.Null;
        if (content.ValueKind == JsonValueKind.String)
        {
            try
            {
                content = JsonElement.Parse(content.GetString()!);
            }
            catch (JsonException exception)
            {
                throw new ActivityException("InvalidJson", IsJson(content) ? "Content is nested deeper than 64 levels." : $"Content is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).");
            }
        }

        if (Compiled?.Validate(content) is { Count: > 0 } errors)
        {
            throw new ActivityException("SchemaValidationFailed", string.Join(" ", errors.Take(5).Select(error => $"{(error.Path.Length == 0 ? "/" : error.Path)}: {error.Message}")))
            {
                Details = JsonValues.Write(errors, static (writer, list) =>
                {
                    writer.WriteStartArray();
                    foreach (var error in list)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("path", error.Path);
                        writer.WriteString("keyword", error.Keyword);
                        writer.WriteString("message", error.Message);
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                }),
            };
        }

        context.SetOutput(Result, content);
        return ValueTask.CompletedTask;
    }

    private static bool IsJson(JsonElement text)
    {
        try
        {
            JsonElement.Parse(text.GetString()!, new JsonDocumentOptions { MaxDepth = int.MaxValue });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
