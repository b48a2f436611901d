using System.Text.Json;
using FlowLite.Activities.Http;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Triggers;

namespace FlowLite.Server.Replay;

/// <summary>Brings a case's request to an HTTP endpoint of the flow, with the endpoint's own code.</summary>
internal static class ReplayEndpoint
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddLogging().AddRouting().BuildServiceProvider();

    /// <summary>A context with what answers and routes ask of a server.</summary>
    public static DefaultHttpContext NewContext() => new() { RequestServices = Services };

    /// <param name="request">A case's.</param>
    /// <param name="http">With the request, but for its path.</param>
    /// <returns>What the run starts with, or why there is none.</returns>
    /// <exception cref="ReplayCaseException">The endpoint is not known without a run.</exception>
    public static async Task<(RunRequest? Run, Refusal? Refusal)> AcceptAsync(ActivityNode node, JsonElement request, HttpContext http, Guid runId, TimeProvider time)
    {
        var settings = ((HttpEndpoint)node.Activity).FixedSettings
            ?? throw new ReplayCaseException([$"/request: The settings of '{node.Name}' are expressions; an endpoint that starts a flow has literals."]);
        var template = EndpointTemplate.Parse(settings.Path, Services.GetRequiredService<IInlineConstraintResolver>());
        var path = EndpointSettings.Normalize(Uri.UnescapeDataString((request.Text("path") ?? settings.Path).Replace("%2F", "%252F", StringComparison.OrdinalIgnoreCase)));
        http.Request.Path = EndpointServer.BasePath + path;
        if (!settings.Methods.Contains(http.Request.Method) || !template.TryMatch(path, http, out var values))
        {
            return (null, new Refusal(StatusCodes.Status404NotFound, "NotFound", $"{http.Request.Method} {path} is not what '{node.Name}' takes."));
        }

        using var body = await EndpointRequest.ReadBodyAsync(http, settings, time);
        var (json, refusal) = await EndpointRequest.ReadAsync(http, settings, values, body);
        return refusal is null
            ? (new RunRequest(runId) { TriggerActivity = node.Id, Trigger = json }, null)
            : (null, new Refusal(refusal.Status, "BadRequest", refusal.Message));
    }
}
