using System.Text;
using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Triggers;

namespace FlowLite.Server.Replay;

/// <summary>What the sender is answered, written by the trigger's own code.</summary>
/// <param name="Body">JSON where the content is JSON, else its text; null without one.</param>
internal sealed record ReplayResponse(int Status, IReadOnlyDictionary<string, string> Headers, JsonElement? Body)
{
    /// <summary>The flow answers nobody: accepted is all that its senders learn.</summary>
    public static ReplayResponse Accepted { get; } = new(StatusCodes.Status202Accepted, new Dictionary<string, string>(), null);

    /// <param name="answer">Null: the sender waited as long as it may.</param>
    /// <param name="isEndpoint">The sender called an HTTP endpoint; else a signed URL.</param>
    public static async Task<ReplayResponse> OfAsync(RunAnswer? answer, bool isEndpoint)
    {
        var http = ReplayEndpoint.NewContext();
        using var content = new MemoryStream();
        http.Response.Body = content;
        await (answer switch
        {
            { } known when isEndpoint => EndpointAnswers.WriteAsync(http, known),
            { Response: { } response } => TriggerAnswers.WriteAsync(http, response),
            null => TriggerAnswers.RefuseAsync(http, TriggerEndpoint.TooLate),
            _ => TriggerAnswers.RefuseAsync(http, TriggerEndpoint.NoResponse),
        });
        await http.Response.BodyWriter.FlushAsync();
        return new ReplayResponse(
            http.Response.StatusCode,
            http.Response.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            Read(content.ToArray(), http.Response.ContentType));
    }

    private static JsonElement? Read(byte[] content, string? type) => content switch
    {
        [] => null,
        _ when type?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) == true => JsonElement.Parse(content),
        _ => JsonValues.String(Encoding.UTF8.GetString(content)),
    };
}
