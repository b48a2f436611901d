using System.Text;
using System.Text.Json;
using FlowLite.Activities.Http;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using HttpRequestActivity = FlowLite.Activities.Http.HttpRequest;

namespace FlowLite.Server.Replay;

/// <summary>Brings a case's request to the trigger's own acceptance, as if it had come, signed, over the wire.</summary>
internal static class ReplayIntake
{
    private const string TriggerName = "manual";

    /// <returns>What the run starts with, or why there is none.</returns>
    /// <exception cref="ReplayCaseException">The flow has no such trigger, or the request can't be sent.</exception>
    public static async Task<(RunRequest? Run, Refusal? Refusal)> AcceptAsync(CompiledWorkflow workflow, JsonElement request, Guid runId, TimeProvider time)
    {
        var node = Trigger(workflow, request);
        if (node.Activity is HttpEndpoint)
        {
            return await ReplayEndpoint.AcceptAsync(node, request, Http(request, new QueryString(QueryHelpers.AddQueryString("", Queries(request)))), runId, time);
        }

        var secrets = new FlowSecrets(workflow.Definition.DefinitionId, "", "", new Dictionary<string, string> { [node.Id] = TriggerName });
        var flow = new PublishedFlow(workflow.Definition, workflow, secrets, null);
        var trigger = TriggerCatalog.Open(flow, node, (HttpRequestActivity)node.Activity, TriggerName, TriggerSignatures.None);
        var http = Http(request, trigger);
        using var body = await TriggerBody.ReadAsync(http, trigger.MaxBodySize, time);
        if (TriggerEndpoint.Read(http.Request, trigger, TriggerEndpoint.RelativePath(http.Request), body, out var json) is { } refusal)
        {
            return (null, refusal);
        }

        var run = new RunRequest(runId)
        {
            TriggerActivity = node.Id,
            TriggerName = TriggerName,
            Trigger = json,
            ClientTrackingId = TriggerEndpoint.ClientTrackingId(http.Request),
        };
        return (run, null);
    }

    private static ActivityNode Trigger(CompiledWorkflow workflow, JsonElement request)
    {
        var triggers = workflow.Triggers<HttpRequestActivity>().Concat(workflow.Triggers<HttpEndpoint>()).ToList();
        if (request.TryGetProperty("trigger", out var name))
        {
            return triggers.Find(t => t.Name == name.GetString())
                ?? throw new ReplayCaseException([$"/request/trigger: The flow has no HTTP trigger named '{name.GetString()}' (it has: {Names(triggers)})."]);
        }

        return triggers switch
        {
            [var only] => only,
            [] => throw new ReplayCaseException(["/request: The flow has no HTTP trigger that can start a run."]),
            _ => throw new ReplayCaseException([$"/request/trigger: The flow has several HTTP triggers; name one of {Names(triggers)}."]),
        };
    }

    private static string Names(IEnumerable<ActivityNode> triggers) => string.Join(", ", triggers.Select(t => $"'{t.Name}'"));

    private static DefaultHttpContext Http(JsonElement request, SignedTrigger trigger)
    {
        var http = Http(request, Query(request, trigger));
        http.Request.Path = $"/workflows/{trigger.DefinitionId}/triggers/{trigger.Name}/paths/invoke";
        var path = request.TryGetProperty("path", out var relative) ? relative.GetString()!.Trim('/') : "";
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = $"{http.Request.Path}/{path}{http.Request.QueryString}";
        return http;
    }

    private static DefaultHttpContext Http(JsonElement request, QueryString query)
    {
        var http = ReplayEndpoint.NewContext();
        var to = http.Request;
        to.Scheme = "https";
        to.Method = request.TryGetProperty("method", out var method) ? method.GetString()! : HttpMethods.Post;
        to.QueryString = query;
        var content = Content(request, out var isJson);
        if (isJson)
        {
            to.ContentType = "application/json";
        }

        foreach (var (name, value) in Texts(request, "headers"))
        {
            to.Headers[name] = value;
        }

        to.ContentLength = content.Length;
        to.Body = new MemoryStream(content);
        return http;
    }

    private static byte[] Content(JsonElement request, out bool isJson)
    {
        isJson = request.TryGetProperty("body", out var body);
        if (isJson)
        {
            return Encoding.UTF8.GetBytes(body.GetRawText());
        }

        return request.TryGetProperty("bodyText", out var text) ? Encoding.UTF8.GetBytes(text.GetString()!) : [];
    }

    // What every URL carries, but for the signature: nothing after the check of it sees that.
    private static QueryString Query(JsonElement request, SignedTrigger trigger)
    {
        var queries = new Dictionary<string, string?>
        {
            ["api-version"] = TriggerUrls.ApiVersion,
            ["sp"] = TriggerUrls.Permission(trigger.Name),
            ["sv"] = TriggerUrls.SignatureVersion,
        };
        foreach (var (name, value) in Queries(request))
        {
            queries[name] = value;
        }

        return new QueryString(QueryHelpers.AddQueryString("", queries));
    }

    private static Dictionary<string, string?> Queries(JsonElement request) => Texts(request, "queries").ToDictionary(q => q.Name, q => (string?)q.Value);

    private static IEnumerable<(string Name, string Value)> Texts(JsonElement request, string member) =>
        request.TryGetProperty(member, out var texts) ? texts.EnumerateObject().Select(t => (t.Name, t.Value.GetString()!)) : [];
}
