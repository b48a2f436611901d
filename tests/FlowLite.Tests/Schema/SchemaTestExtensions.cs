using System.Text.Json;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

internal static class SchemaTestExtensions
{
    public static JsonElement Json(this string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static JsonSchema Schema(this string text, JsonSchemaOptions? options = null) => JsonSchema.Compile(text.Json(), options);

    public static bool Accepts(this JsonSchema schema, string instance)
    {
        var json = instance.Json();
        var valid = schema.IsValid(json);
        (schema.Validate(json).Count == 0).Should().Be(valid);
        return valid;
    }

    public static IReadOnlyList<JsonSchemaError> Errors(this JsonSchema schema, string instance) => schema.Validate(instance.Json());
}
