using System.Runtime.InteropServices;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>How templates step into JSON. The direct walk and the Scriban views both go through here, so that they agree.</summary>
internal static class JsonPath
{
    /// <summary>Exactly the name, else ignoring case; <c>size</c> of an array or a text; Undefined when missing.</summary>
    public static JsonElement Member(JsonElement target, string name)
    {
        switch (target.ValueKind)
        {
            case JsonValueKind.Object:
                return JsonValues.TryGetMember(target, name, out var value) ? value : default;
            case JsonValueKind.Array when name == "size":
                return JsonValues.Number(target.GetArrayLength());
            case JsonValueKind.String when name == "size":
                return JsonValues.Number(target.GetString()!.Length);
            default:
                return default;
        }
    }

    /// <summary>An item of an array, counted from the end when negative; Undefined when out of range.</summary>
    public static JsonElement Item(JsonElement target, int index)
    {
        if (target.ValueKind != JsonValueKind.Array)
        {
            return default;
        }

        var length = target.GetArrayLength();
        index = index < 0 ? index + length : index;
        return index >= 0 && index < length ? target[index] : default;
    }

    /// <summary>Throws when a text holds half a surrogate pair, which System.Text.Json parses but cannot decode.</summary>
    /// <exception cref="InvalidOperationException">It does.</exception>
    public static void EnsureText(JsonElement value)
    {
        // Valid UTF-8 cannot spell a surrogate but by an escape.
        if (value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value).IndexOf("\\u"u8) >= 0)
        {
            value.GetString();
        }
    }
}
