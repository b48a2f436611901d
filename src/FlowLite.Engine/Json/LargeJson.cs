using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowLite.Engine.Json;

/// <summary>Reading files out of JSON.</summary>
public static class LargeJson
{
    /// <summary>Of a longer text the framework would make two more copies, in arrays that stay in its pool.</summary>
    private const int Pooled = 4 * 1024 * 1024;

    /// <summary>The bytes that a string has as base64.</summary>
    public static bool TryGetBytes(JsonElement text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        var base64 = JsonMarshal.GetRawUtf8Value(text)[1..^1];
        if (base64.Length <= Pooled || base64.Length % 4 != 0 || !Base64.IsValid(base64, out var length))
        {
            return text.TryGetBytesFromBase64(out bytes);
        }

        var decoded = GC.AllocateUninitializedArray<byte>(length);
        if (Base64.DecodeFromUtf8(base64, decoded, out _, out var written) != OperationStatus.Done || written != length)
        {
            return text.TryGetBytesFromBase64(out bytes);
        }

        bytes = decoded;
        return true;
    }
}
