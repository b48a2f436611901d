using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Schema;

namespace FlowLite.Server.Api;

/// <summary>Schemas from samples and samples from schemas; keeps nothing.</summary>
internal static class SchemaApi
{
    private const int MaxBytes = 1024 * 1024;
    /// <summary>Each level of a sample is two of its schema, and a schema is part of a definition, which may be <see cref="DefinitionJson.MaxDepth"/> deep.</summary>
    private const int SampleDepth = 25;
    private const int SchemaDepth = 64;

    public static void MapSchemaApi(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/schema");
        group.MapPost("/from-sample", (Delegate)FromSampleAsync);
        group.MapPost("/sample", (Delegate)SampleAsync);
    }

    /// <summary>Body: any JSON; gives the draft-04 schema that it matches.</summary>
    private static async Task<IResult> FromSampleAsync(HttpContext http)
    {
        var (sample, refusal) = await ReadAsync(http, SampleDepth);
        return refusal ?? new JsonResult(SchemaFromSample.Create(sample).WriteTo);
    }

    /// <summary>Body: a draft-04 schema; gives <c>{value, errors:[{path, message}]}</c>, a payload as it describes it.</summary>
    private static async Task<IResult> SampleAsync(HttpContext http)
    {
        var (schema, refusal) = await ReadAsync(http, SchemaDepth);
        if (refusal is not null)
        {
            return refusal;
        }

        try
        {
            var sample = SampleFromSchema.Create(schema);
            return new JsonResult(writer => Write(writer, sample));
        }
        catch (JsonSchemaException e)
        {
            return FlowErrors.BadRequest("InvalidSchema", $"The schema is not valid draft-04 at '{e.Path}': {e.Message}");
        }
    }

    /// <summary>As an object <c>{value, errors}</c>.</summary>
    public static void Write(Utf8JsonWriter writer, SchemaSample sample)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("value");
        sample.Value.WriteTo(writer);
        writer.WriteStartArray("errors");
        foreach (var error in sample.Errors)
        {
            writer.WriteStartObject();
            writer.WriteString("path", error.Path);
            writer.WriteString("message", error.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static async Task<(JsonElement Json, IResult? Refusal)> ReadAsync(HttpContext http, int maxDepth)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        var fits = true;
        int read;
        // To the end even when it is too much, as a sender that is still sending doesn't read the answer.
        while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            fits = fits && body.Length + read <= MaxBytes;
            if (fits)
            {
                body.Write(buffer, 0, read);
            }
        }

        if (!fits)
        {
            return (default, FlowErrors.Result(StatusCodes.Status413PayloadTooLarge, "RequestEntityTooLarge", $"The body is larger than {MaxBytes} bytes."));
        }

        try
        {
            return (DefinitionJson.Parse(body.GetBuffer().AsMemory(0, (int)body.Length), maxDepth), null);
        }
        catch (InvalidDefinitionException e)
        {
            return (default, FlowErrors.BadRequest("InvalidRequestContent", e.Problems[0].Message));
        }
    }
}
