using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>A variable that an activity names, as Studio's variable picker saves it: <c>{"id","name","typeName"}</c>.</summary>
public sealed record VariableReference(Variable Variable)
{
    public string VariableId => Variable.Id;

    /// <summary>The id (else the name) in a reference, which may also be the JSON text of one or a bare id or name.</summary>
    internal static string? Id(JsonElement reference)
    {
        if (reference.ValueKind == JsonValueKind.String)
        {
            var text = reference.GetString()!;
            if (!text.TrimStart().StartsWith('{'))
            {
                return text.Length > 0 ? text : null;
            }

            try
            {
                reference = JsonElement.Parse(text);
            }
            catch (JsonException)
            {
                return null;
            }
        }

        return reference.Text("id") ?? reference.Text("name");
    }
}
