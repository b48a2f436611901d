using System.Buffers;
using System.Text.Json;

namespace FlowLite.Engine.Json;

public static class JsonValues
{
    public static JsonElement Null { get; } = JsonElement.Parse("null");
    public static JsonElement True { get; } = JsonElement.Parse("true");
    public static JsonElement False { get; } = JsonElement.Parse("false");
    public static JsonElement EmptyObject { get; } = JsonElement.Parse("{}");
    public static JsonElement String(string value) => JsonSerializer.SerializeToElement(value);
    public static JsonElement Number(long value) => JsonSerializer.SerializeToElement(value);
    public static bool TryGetMember(JsonElement obj, string name, out JsonElement value) => obj.TryGetProperty(name, out value);
    public static JsonElement Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
