using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;

namespace FlowLite.Crm.Api;

/// <summary>Reads request bodies up to a limit.</summary>
internal static class RequestBody
{
    /// <summary>Far above what all columns of a record can hold.</summary>
    public const int MaxJsonBytes = 1024 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The body as JSON, an object at its root. The caller disposes it.</summary>
    /// <exception cref="CrmRequestException">Not JSON, not an object, not declared as JSON, or too large.</exception>
    public static async Task<JsonDocument> ReadObjectAsync(HttpRequest request, CancellationToken cancellation)
    {
        CheckContentType(request);
        var bytes = await ReadAsync(request, MaxJsonBytes, cancellation);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes.AsSpan().StartsWith(ByteOrderMark) ? bytes.AsMemory(ByteOrderMark.Length) : bytes);
        }
        catch (JsonException exception)
        {
            throw CrmErrors.BadPayload($"the body is not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            document.Dispose();
            throw CrmErrors.BadPayload("the body is not a JSON object.");
        }

        return document;
    }

    /// <exception cref="CrmRequestException">More than <paramref name="limit"/> bytes.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        if (request.ContentLength > limit)
        {
            throw CrmErrors.TooLarge(limit);
        }

        while (true)
        {
            var result = await request.BodyReader.ReadAsync(cancellation);
            if (result.Buffer.Length > limit)
            {
                // Given back, so that the server reads on for a while and the sender, who is still sending, sees the answer.
                request.BodyReader.AdvanceTo(result.Buffer.End);
                throw CrmErrors.TooLarge(limit);
            }

            if (result.IsCompleted)
            {
                var bytes = result.Buffer.ToArray();
                request.BodyReader.AdvanceTo(result.Buffer.End);
                return bytes;
            }

            request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static void CheckContentType(HttpRequest request)
    {
        if (string.IsNullOrEmpty(request.ContentType))
        {
            return;
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !string.Equals(type.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
            || !(type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw CrmErrors.NotJson();
        }
    }
}
