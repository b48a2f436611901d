using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Api;

/// <param name="Refusal">What to answer when the body is not to be used.</param>
public readonly record struct RequestBody(JsonElement Json, IResult? Refusal);

/// <summary>Reads JSON bodies within bounds; whatever a caller sends, the answer is a 4xx in the words of the surface.</summary>
public static class RequestJson
{
    /// <param name="isOptional">Nothing is as good as an empty object.</param>
    public static async Task<RequestBody> ReadAsync(HttpContext context, int maxBytes, int maxDepth, bool isOptional = false)
    {
        try
        {
            using var body = new MemoryStream();
            if (!await CopyAsync(context.Request.Body, body, maxBytes, context.RequestAborted))
            {
                return Refuse(context, StatusCodes.Status413PayloadTooLarge, "RequestEntityTooLarge", $"The body is larger than {maxBytes} bytes.");
            }

            if (isOptional && body.Length == 0)
            {
                return new RequestBody(JsonValues.EmptyObject, null);
            }

            return new RequestBody(DefinitionJson.Parse(body.GetBuffer().AsMemory(0, (int)body.Length), maxDepth), null);
        }
        catch (InvalidDefinitionException e)
        {
            return Refuse(context, StatusCodes.Status400BadRequest, "InvalidRequestContent", e.Problems[0].Message);
        }
        catch (BadHttpRequestException e)
        {
            return Refuse(context, e.StatusCode, "BadRequest", "The body could not be read.");
        }
    }

    private static RequestBody Refuse(HttpContext context, int status, string code, string message) => new(default, Failures.Refuse(context, status, code, message));

    /// <summary>A text member whatever its case; null when there is none.</summary>
    public static string? Text(JsonElement json, string name) =>
        JsonValues.TryGetMember(json, name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>
    /// Reads to the end even when it is too much, as a sender that is still sending doesn't read the answer; the endpoint's
    /// size limit says when that ends.
    /// </summary>
    private static async Task<bool> CopyAsync(Stream from, MemoryStream to, int maxBytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        var fits = true;
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            fits &= to.Length + read <= maxBytes;
            if (fits)
            {
                to.Write(buffer, 0, read);
            }
        }

        return fits;
    }
}
