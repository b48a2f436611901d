using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowLite.Server.Api;

/// <summary>Answers with JSON that is written value by value, without a model between: numbers and texts leave as they were saved.</summary>
internal sealed class JsonResult(Action<Utf8JsonWriter> write) : IResult
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter, Options);
        write(writer);
        await writer.FlushAsync(httpContext.RequestAborted);
    }
}
