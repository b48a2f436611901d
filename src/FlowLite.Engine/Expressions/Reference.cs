using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>What a stored reference names; at least one of the two is set.</summary>
internal sealed record Reference(string? Id, string? Name)
{
    public static bool TryRead(
        JsonElement value, string what, List<ExpressionProblem> problems, [NotNullWhen(true)] out Reference? reference)
    {
        reference = null;
        try
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                var text = value.GetString()!.Trim();
                if (!text.StartsWith('{'))
                {
                    reference = text.Length == 0 ? null : new Reference(text, null);
                }
                else
                {
                    reference = FromObject(JsonElement.Parse(text));
                }
            }
            else if (value.ValueKind == JsonValueKind.Object)
            {
                reference = FromObject(value);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            problems.Add(new ExpressionProblem($"The reference to the {what} cannot be read.", 0, 0));
            return false;
        }

        if (reference is null)
        {
            problems.Add(new ExpressionProblem($"No {what} is chosen.", 0, 0));
        }

        return reference is not null;
    }

    private static Reference? FromObject(JsonElement value)
    {
        var id = Text(value, "id");
        var name = Text(value, "name");
        return id is null && name is null ? null : new Reference(id, name);
    }

    private static string? Text(JsonElement value, string member) =>
        JsonValues.TryGetMember(value, member, out var text) && text.ValueKind == JsonValueKind.String && text.GetString() is { Length: > 0 } found
            ? found
            : null;
}
