using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowLite.Server.Api;

/// <summary>Flow's error body, <c>{"error":{"code","message"}}</c>, for triggers and <c>/api</c>.</summary>
public static class FlowErrors
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext http, int status, string code, string message)
    {
        var body = Body(code, message);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }

    public static IResult Result(int status, string code, string message) => new ErrorResult(status, code, message);

    public static IResult NotFound(string code, string message) => Result(StatusCodes.Status404NotFound, code, message);

    public static IResult BadRequest(string code, string message) => Result(StatusCodes.Status400BadRequest, code, message);

    private static ReadOnlyMemory<byte> Body(string code, string message)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error");
            writer.WriteString("code", code);
            writer.WriteString("message", message);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private sealed class ErrorResult(int status, string code, string message) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, status, code, message);
    }
}
