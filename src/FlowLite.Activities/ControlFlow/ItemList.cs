using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.ControlFlow;

/// <summary>The items of a loop: a list, or the JSON text of one; nothing where there is null or no text.</summary>
internal static class ItemList
{
    /// <summary>Null when there is nothing to go over.</summary>
    /// <exception cref="ActivityException"><c>InvalidInput</c></exception>
    public static JsonElement? From(JsonElement? items)
    {
        if (items is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value)
        {
            return null;
        }

        var parsed = value;
        if (value.ValueKind == JsonValueKind.String)
        {
            var text = value.GetString()!;
            if (string.IsNullOrWhiteSpace(text))
            {
                return null;
            }

            try
            {
                parsed = JsonElement.Parse(text);
            }
            catch (JsonException)
            {
                throw NotAList(text);
            }
        }

        return parsed.ValueKind switch
        {
            JsonValueKind.Array => parsed,
            JsonValueKind.Null => null,
            _ => throw NotAList(parsed.GetRawText()),
        };
    }

    private static ActivityException NotAList(string text) =>
        new("InvalidInput", $"Items has to be a list; it is {(text.Length > 80 ? text[..80] + "…" : text)}.");
}
