using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using FlowLite.Engine.Json;
using Jint;
using Jint.Native;
using JsEngine = Jint.Engine;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>JSON as values of a script and back, as <c>JSON.stringify</c> has it.</summary>
internal static class ScriptValues
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 192 };

    /// <summary>Undefined for what is missing.</summary>
    /// <exception cref="InvalidOperationException">A text holds half a surrogate pair.</exception>
    public static JsValue FromJson(JsEngine engine, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                return new JsonObjectValue(engine, json);
            case JsonValueKind.Array:
                var length = json.GetArrayLength();
                if (length > ScriptLimits.ArrayLength)
                {
                    throw new ExpressionException($"The list has more than {ScriptLimits.ArrayLength} items.");
                }

                var items = new JsValue[length];
                var index = 0;
                foreach (var item in json.EnumerateArray())
                {
                    items[index++] = FromJson(engine, item);
                }

                return new JsArray(engine, items);
            case JsonValueKind.String:
                return new JsString(json.GetString()!);
            case JsonValueKind.Number:
                return json.TryGetInt32(out var whole) ? JsNumber.Create(whole) : JsNumber.Create(json.GetDouble());
            case JsonValueKind.True:
                return JsBoolean.True;
            case JsonValueKind.False:
                return JsBoolean.False;
            case JsonValueKind.Null:
                return JsValue.Null;
            default:
                return JsValue.Undefined;
        }
    }

    /// <summary>Undefined is null.</summary>
    /// <exception cref="ExpressionException">It is no JSON value, or too large.</exception>
    public static JsonElement ToJson(JsEngine engine, JsValue value)
    {
        if (value.IsNull() || value.IsUndefined())
        {
            return JsonValues.Null;
        }

        if (value.IsBoolean())
        {
            return JsonValues.Boolean(value.AsBoolean());
        }

        if (value.IsNumber())
        {
            return Number(value.AsNumber());
        }

        if (value is JsonObjectValue { Untouched: { } json })
        {
            return json;
        }

        if (value.IsCallable() || value.IsSymbol())
        {
            throw new ExpressionException("The result is a function, which is not a value.");
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        if (!new Jint.Native.Json.JsonSerializer(engine).Serialize(value, buffer))
        {
            return JsonValues.Null;
        }

        if (buffer.WrittenCount > ScriptLimits.Result)
        {
            throw new ExpressionException($"The result is larger than {ScriptLimits.Result} bytes.");
        }

        return JsonElement.Parse(buffer.WrittenSpan, Deep);
    }

    /// <summary>True when a script has changed nothing of the value that was made of this JSON.</summary>
    public static bool IsSame(JsValue value, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                return value is JsonObjectValue made && (made.Untouched is { } untouched ? IsSameText(untouched, json) : made.IsUnchanged);
            case JsonValueKind.Array:
                if (value is not JsArray list || list.Length != json.GetArrayLength())
                {
                    return false;
                }

                uint index = 0;
                foreach (var item in json.EnumerateArray())
                {
                    if (!IsSame(list[index++], item))
                    {
                        return false;
                    }
                }

                return true;
            case JsonValueKind.String:
                return value.IsString() && json.ValueEquals(value.ToString());
            case JsonValueKind.Number:
                return value.IsNumber() && value.AsNumber().Equals(json.GetDouble());
            case JsonValueKind.True or JsonValueKind.False:
                return value.IsBoolean() && value.AsBoolean() == json.GetBoolean();
            default:
                return value.IsNull() || value.IsUndefined();
        }
    }

    private static bool IsSameText(JsonElement one, JsonElement other)
    {
        var text = JsonMarshal.GetRawUtf8Value(one);
        var otherText = JsonMarshal.GetRawUtf8Value(other);
        // Mostly the very same bytes.
        return text.Length == otherText.Length && ((text.Overlaps(otherText, out var offset) && offset == 0) || text.SequenceEqual(otherText));
    }

    private static JsonElement Number(double number)
    {
        if (!double.IsFinite(number))
        {
            throw new ExpressionException("The result is not a finite number.");
        }

        return number == Math.Truncate(number) && Math.Abs(number) < 1e18
            ? JsonValues.Number((long)number)
            : JsonValues.Write(number, static (writer, value) => writer.WriteNumberValue(value));
    }
}
