using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowLite.Engine.Json;

/// <summary>
/// What the framework does with large texts by way of the shared pool of arrays, where each thread then keeps arrays as large as these until they
/// are collected much later.
/// </summary>
public static class LargeJson
{
    /// <summary>Up to here the parser takes an array of a megabyte, which may stay in the pool.</summary>
    private const int Pooled = 4 * 1024 * 1024;
    /// <summary>Bytes that the parser notes for each value.</summary>
    private const int Row = 12;
    private const long LargestArray = 1L << 30;

    public static JsonElement Parse(ReadOnlySpan<byte> text, JsonDocumentOptions options)
    {
        try
        {
            return JsonElement.Parse(text, options);
        }
        finally
        {
            Unpool(text);
        }
    }

    /// <summary>Takes out of the pool what this thread's parser has just put there: its list of a text's values, from as many bytes as the text has to as many as it needed.</summary>
    public static void Unpool(ReadOnlySpan<byte> text)
    {
        if (text.Length <= Pooled)
        {
            return;
        }

        var values = (long)text.Count((byte)',') + text.Count((byte)':') + text.Count((byte)'{') + text.Count((byte)'[');
        for (long size = text.Length + Row; size <= LargestArray; size *= 2)
        {
            _ = ArrayPool<byte>.Shared.Rent((int)size);
            if (size >= values * Row)
            {
                return;
            }
        }
    }

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
