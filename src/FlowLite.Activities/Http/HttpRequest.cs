using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Schema;

namespace FlowLite.Activities.Http;

/// <summary>
/// Flow's request trigger: a call of the flow's signed URL starts a run. Its settings are known when the flow is published, so
/// none of them is an expression; the trigger endpoint reads them here.
/// </summary>
[Activity("FlowLite", "HTTP", "Starts the flow when its signed URL is called. The URL is shown beside the designer once the flow is published.",
    DisplayName = "When an HTTP request is received", Kind = ActivityKind.Trigger, IsStart = true)]
public sealed class HttpRequest : Trigger
{
    private const int DefaultMaxBodySize = 10 * 1024 * 1024;
    /// <summary>Flow's message size without chunking (Power Automate, limits and configuration).</summary>
    private const int LargestMaxBodySize = 100 * 1024 * 1024;
    private static readonly string[] Methods = ["POST", "GET", "PUT", "PATCH", "DELETE"];

    [Input(Description = "The one method that is accepted.", UIHint = "dropdown", DefaultValue = "POST", Options = ["POST", "GET", "PUT", "PATCH", "DELETE"])]
    public string Method { get; set; } = "POST";

    [Input(DisplayName = "Relative path", Description = "What may follow the URL's path, with parameters in braces: address/{postalCode}")]
    public string? RelativePath { get; set; }

    /// <summary>JSON schema (draft-04) of the body, as an object or as JSON text.</summary>
    [Input(DisplayName = "Request body JSON schema", Description = "Paste the JSON schema of what the sender posts; an Azure Marketplace publisher pastes the lead schema from Microsoft's documentation. Bodies that don't match are refused and kept in the inbox. Empty: every JSON is taken.",
        UIHint = "json-editor", IsLargeEditor = true)]
    public JsonElement? Schema { get; set; }

    [Input(DisplayName = "Allow nulls", Description = "Null is accepted in every field that the schema does not require.", UIHint = "checkbox", DefaultValue = true)]
    public bool AllowNulls { get; set; } = true;

    [Input(DisplayName = "Ignore key case", Description = "Keys match the schema's whatever their case: firstName is FirstName.", UIHint = "checkbox", DefaultValue = true)]
    public bool IgnoreKeyCase { get; set; } = true;

    /// <summary>Bytes; up to 100 MB.</summary>
    [Input(DisplayName = "Maximum body size", Description = "In bytes, up to 104857600 (100 MB). Larger bodies are refused.", Category = "Advanced", DefaultValue = DefaultMaxBodySize)]
    public int MaxBodySize { get; set; } = DefaultMaxBodySize;

    /// <summary>Null: the server's limit.</summary>
    [Input(DisplayName = "Concurrency limit", Description = "How many runs of this flow are under way at once, 1 to 100. Empty: as many as the server allows.", Category = "Advanced")]
    public int? Concurrency { get; set; }

    /// <summary>Null: no limit, as the sender does not send again.</summary>
    [Input(DisplayName = "Maximum waiting runs", Description = "When so many runs wait, further calls are refused with 429. Empty: none is refused.", Category = "Advanced")]
    public int? MaximumWaitingRuns { get; set; }

    [Output(Description = "The request's headers by name, without credentials.")]
    public Output<JsonElement> Headers { get; set; } = null!;

    [Output(Description = "The parameters of the query by name, without the signature.")]
    public Output<JsonElement> Queries { get; set; } = null!;

    /// <summary>Values of the relative path's parameters (Flow calls them relativePathParameters).</summary>
    [Output(DisplayName = "Path parameters", Description = "The values of the relative path's parameters by name.")]
    public Output<JsonElement> Path { get; set; } = null!;

    [Output(Description = "The request's body, read as JSON.")]
    public Output<JsonElement> Body { get; set; } = null!;

    /// <exception cref="FormatException">Not for a published flow.</exception>
    public PathTemplate PathTemplate => PathTemplate.Parse(RelativePath);

    /// <summary>Null without one.</summary>
    /// <exception cref="JsonException">Not for a published flow.</exception>
    public JsonElement? JsonSchema => Schema switch
    {
        { ValueKind: JsonValueKind.String } text => string.IsNullOrWhiteSpace(text.GetString()) ? null : JsonElement.Parse(text.GetString()!),
        { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        var schema => schema,
    };

    public JsonSchemaOptions SchemaOptions => new(AllowNulls, IgnoreKeyCase);

    public override int? ConcurrentRuns => Concurrency;

    public override int? WaitingRuns => MaximumWaitingRuns;

    protected override IEnumerable<string> Validate()
    {
        if (!Methods.Contains(Method, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"The method is one of {string.Join(", ", Methods)}, not '{Method}'.";
        }

        if (Problem(() => PathTemplate) is { } path)
        {
            yield return $"Relative path: {path}";
        }

        if (Problem(() => JsonSchema) is { } syntax)
        {
            yield return $"The schema is not JSON: {syntax}";
        }
        else if (JsonSchema is { ValueKind: not JsonValueKind.Object })
        {
            yield return "The schema is a JSON object.";
        }
        else if (JsonSchema is { } schema && SchemaProblem(schema) is { } problem)
        {
            yield return problem;
        }

        if (MaxBodySize is < 1 or > LargestMaxBodySize)
        {
            yield return $"The maximum body size is 1 to {LargestMaxBodySize} bytes, not {MaxBodySize}.";
        }

        if (Concurrency is < 1 or > 100)
        {
            yield return $"The concurrency limit is 1 to 100 runs, not {Concurrency}.";
        }

        if (MaximumWaitingRuns < 1)
        {
            yield return $"Maximum waiting runs is at least 1, not {MaximumWaitingRuns}; leave it empty for no limit.";
        }
    }

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.Node.Outputs.Length == 0)
        {
            // What started the run is its trigger's outputs already; only variables that are bound to them need a copy.
            return ValueTask.CompletedTask;
        }

        Set(context, Headers, "headers");
        Set(context, Queries, "queries");
        Set(context, Path, "path");
        Set(context, Body, "body");
        return ValueTask.CompletedTask;
    }

    private static void Set(ActivityContext context, Output<JsonElement> output, string member)
    {
        var request = context.Trigger;
        context.SetOutput(output, request.ValueKind == JsonValueKind.Object && request.TryGetProperty(member, out var value) ? value : JsonValues.Null);
    }

    private string? SchemaProblem(JsonElement schema)
    {
        try
        {
            _ = Engine.Schema.JsonSchema.Compile(schema, SchemaOptions);
            return null;
        }
        catch (JsonSchemaException e)
        {
            return $"The schema is not valid draft-04 at '{e.Path}': {e.Message}";
        }
    }

    private static string? Problem<T>(Func<T> parse)
    {
        try
        {
            _ = parse();
            return null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return e.Message;
        }
    }
}
