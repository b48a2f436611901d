using System.Text.Json;
using FlowLite.Engine;
using FlowLite.Engine.Runs;
using Microsoft.AspNetCore.Http.Features;

namespace FlowLite.Server.Triggers;

/// <summary>
/// The signed URL of a trigger: from the request to a durable run and the 202, or to a refusal. Whatever was signed and is
/// refused is in the inbox before its sender knows, because marketplaces do not send a lead twice.
/// </summary>
public sealed class TriggerEndpoint(TriggerCatalog triggers, RunService runs, TriggerInbox inbox, PendingResponses responses, LargeBodies largeBodies, TimeProvider time, ILogger<TriggerEndpoint> logger)
{
    public const string Route = "/workflows/{flowId}/triggers/{trigger}/paths/invoke/{**relativePath}";

    /// <summary>Flow's limit of a synchronous call.</summary>
    internal static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(120);
    internal static readonly Refusal NoResponse = new(StatusCodes.Status502BadGateway, "NoResponse",
        "The server did not receive a response from an upstream server: the run ended without one.");
    internal static readonly Refusal TooLate = new(StatusCodes.Status504GatewayTimeout, "GatewayTimeout",
        "The run did not respond within the specified time limit. It goes on.");
    private const int RetryAfterSeconds = 10;
    private const int LongestTrackingId = 128;
    private const int ReportedErrors = 20;

    // Those of Logic Apps' request trigger and Power Automate's newer URLs.
    private static readonly HashSet<string> ApiVersions = [TriggerUrls.ApiVersion, "2016-10-01", "2019-05-01", "1"];
    private static readonly IReadOnlyDictionary<string, string> NoParameters = new Dictionary<string, string>();

    public async Task ServeAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The trigger's own limit holds.
            size.MaxRequestBodySize = null;
        }

        SignedTrigger? trigger = null;
        var trackingId = runs.NewRunId();
        try
        {
            (trigger, var refusal) = await AuthorizeAsync(http);
            TriggerAnswers.SetRequestHeaders(http, trackingId, trigger);
            if (trigger is null)
            {
                await TriggerAnswers.RefuseAsync(http, refusal!);
                return;
            }

            using var body = await TriggerBody.ReadAsync(http, trigger.MaxBodySize, time, largeBodies.Transfers);
            await AcceptAsync(http, trigger, body);
        }
        catch (StoreUnavailableException e)
        {
            TriggerLog.StoreUnavailable(logger, trigger?.DefinitionId ?? "", e.Message);
            await TriggerAnswers.RefuseAsync(http, new Refusal(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable",
                "The request can't be kept now. Send it again later.", RetryAfterSeconds));
        }
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException && !http.Response.HasStarted)
        {
            await ShortOfMemoryAsync(http, trigger, e);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
    }

    private async Task ShortOfMemoryAsync(HttpContext http, SignedTrigger? trigger, Exception e)
    {
        if (http.Response.StatusCode == StatusCodes.Status202Accepted)
        {
            // The run is durable, whatever has become of its answer.
            http.Response.ContentLength = 0;
            return;
        }

        TriggerLog.ShortOfMemory(logger, trigger?.DefinitionId ?? "", e.Message);
        await TriggerAnswers.RefuseAsync(http, new Refusal(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable",
            "The server has too little memory for the request now. Send it again later.", RetryAfterSeconds));
    }

    /// <summary>Who may call: the bearer of a URL signed with one of the flow's keys, and nobody by other means.</summary>
    private async ValueTask<(SignedTrigger? Trigger, Refusal? Refusal)> AuthorizeAsync(HttpContext http)
    {
        var query = http.Request.Query;
        if (http.Request.Headers.Authorization.Count > 0 || query["sig"] is not [{ Length: > 0 } signature])
        {
            return (null, new Refusal(StatusCodes.Status401Unauthorized, "DirectApiAuthorizationRequired", "The request must be authenticated only by Shared Access scheme."));
        }

        var flowId = (string)http.Request.RouteValues["flowId"]!;
        var name = (string)http.Request.RouteValues["trigger"]!;
        var (flowExists, trigger) = await triggers.FindAsync(flowId, name, http.RequestAborted);
        if (!flowExists)
        {
            return (null, new Refusal(StatusCodes.Status404NotFound, "WorkflowNotFound", $"The workflow '{flowId}' could not be found."));
        }

        if (trigger is null)
        {
            return (null, new Refusal(StatusCodes.Status404NotFound, "TriggerNotFound", $"The workflow '{flowId}' trigger '{name}' could not be found."));
        }

        var expiry = query["se"];
        if (!trigger.IsSigned(query["sp"], query["sv"], expiry, signature))
        {
            return (null, new Refusal(StatusCodes.Status401Unauthorized, "DirectApiInvalidAuthorizationSignature", "The provided authorization signature is not valid."));
        }

        return expiry is [{ } end] && !(TriggerUrls.TryReadExpiry(end, out var notAfter) && time.GetUtcNow() <= notAfter)
            ? (null, new Refusal(StatusCodes.Status401Unauthorized, "DirectApiInvalidAuthorizationSignature", $"The provided authorization signature expired at {end}."))
            : (trigger, null);
    }

    private async Task AcceptAsync(HttpContext http, SignedTrigger trigger, TriggerBody body)
    {
        var runId = runs.NewRunId();
        using var pending = trigger.IsSynchronous ? responses.Expect(runId) : null;
        var refusal = await StartAsync(http, trigger, runId, body);
        if (refusal is not null)
        {
            await TriggerAnswers.RefuseAsync(http, refusal);
        }
        else if (pending is null)
        {
            http.Response.ContentLength = 0;
        }
        else
        {
            body.Dispose();
            await AnswerAsync(http, pending);
        }
    }

    /// <returns>Null: the run is durable. Else the request is, in the inbox.</returns>
    private async ValueTask<Refusal?> StartAsync(HttpContext http, SignedTrigger trigger, Guid runId, TriggerBody body)
    {
        var relativePath = RelativePath(http.Request);
        var refusal = Read(http.Request, trigger, relativePath, body, out var json);
        if (refusal is null)
        {
            refusal = await StartAsync(http, trigger, runId, json);
            if (refusal is null)
            {
                return null;
            }
        }

        // A browser that opens the URL, or a probe, brings no lead.
        var isProbe = refusal.Status == StatusCodes.Status405MethodNotAllowed && body.Bytes.IsEmpty;
        if (!isProbe)
        {
            await inbox.KeepAsync(runId, http.Request, InboxSource.Of(trigger, relativePath), refusal.Code, refusal.Message, body.Bytes);
        }

        return refusal;
    }

    private async ValueTask<Refusal?> StartAsync(HttpContext http, SignedTrigger trigger, Guid runId, JsonElement json)
    {
        var tracking = ClientTrackingId(http.Request);
        try
        {
            var started = await runs.StartAsync(trigger.Workflow!, new RunRequest(runId)
            {
                TriggerActivity = trigger.ActivityId,
                TriggerName = trigger.Name,
                Trigger = json,
                ClientTrackingId = tracking,
                WaitingLimit = trigger.WaitingLimit,
            });
            if (started is null)
            {
                return new Refusal(StatusCodes.Status429TooManyRequests, "TooManyWaitingRuns",
                    $"{trigger.WaitingLimit} runs of this workflow are waiting, as many as its trigger allows.", RetryAfterSeconds);
            }
        }
        catch (RunRefusedException e)
        {
            return new Refusal(StatusCodes.Status409Conflict, RunRefusedException.Code, e.Message);
        }

        // Whatever happens from here on, it is accepted.
        http.Response.StatusCode = StatusCodes.Status202Accepted;
        TriggerAnswers.SetRunHeaders(http, runId, tracking);
        return null;
    }

    /// <summary>What a run would start with, or why there is none. Touches nothing but the request: a replay asks here too.</summary>
    internal static Refusal? Read(HttpRequest request, SignedTrigger trigger, string relativePath, TriggerBody body, out JsonElement json)
    {
        json = default;
        var path = NoParameters;
        if (trigger.Method is { } method && method != request.Method)
        {
            return new Refusal(StatusCodes.Status405MethodNotAllowed, "TriggerRequestMethodNotValid",
                $"The request method is not valid. The actual method is '{request.Method}' and the expected method is '{method}'.", Allow: method);
        }

        if (request.Query["api-version"] is not [{ } version] || !ApiVersions.Contains(version))
        {
            return new Refusal(StatusCodes.Status400BadRequest, "InvalidApiVersionParameter",
                $"The api-version '{request.Query["api-version"]}' is invalid. The supported versions are '{string.Join(',', ApiVersions)}'.");
        }

        if (trigger.Workflow is null)
        {
            return new Refusal(StatusCodes.Status400BadRequest, "WorkflowTriggerIsNotEnabled",
                $"Could not execute workflow '{trigger.DefinitionId}' trigger '{trigger.Name}': {trigger.Disabled}.");
        }

        if (!trigger.Path!.TryMatch(relativePath, out path))
        {
            return new Refusal(StatusCodes.Status404NotFound, "TriggerRelativePathNotMatched",
                $"The relative path of the request does not match the one of trigger '{trigger.Name}'.");
        }

        if (body.Problem is not null)
        {
            return body.Problem;
        }

        if (TriggerJson.TryMake(request, trigger, path, body.Bytes, out json) is { } problem)
        {
            return new Refusal(StatusCodes.Status400BadRequest, "InvalidRequestContent", problem);
        }

        return Mismatch(trigger, body, json);
    }

    private static Refusal? Mismatch(SignedTrigger trigger, TriggerBody body, JsonElement json)
    {
        if (trigger.Schema is not { } schema || body.Bytes.IsEmpty || schema.IsValid(json.GetProperty("body"u8)))
        {
            return null;
        }

        var errors = schema.Validate(json.GetProperty("body"u8));
        var details = string.Join(',', errors.Take(ReportedErrors).Select(e => e.Path.Length == 0 ? e.Message : $"{e.Message} ({e.Path})"));
        return new Refusal(StatusCodes.Status400BadRequest, "TriggerInputSchemaMismatch",
            $"The input body for trigger '{trigger.Name}' of type 'Request' did not match its schema definition. Error details: '{details}'.");
    }

    /// <summary>Waits for the run's Response activity. The run goes on whether or not somebody waits.</summary>
    private async Task AnswerAsync(HttpContext http, PendingResponse pending)
    {
        Refusal refusal;
        try
        {
            var answer = await pending.Answer.WaitAsync(AnswerWithin, time, http.RequestAborted);
            if (answer.Response is { } response)
            {
                try
                {
                    await TriggerAnswers.WriteAsync(http, response);
                }
                catch (OutOfMemoryException) when (!http.Response.HasStarted)
                {
                    http.Response.StatusCode = StatusCodes.Status202Accepted;
                    throw;
                }

                return;
            }

            refusal = NoResponse;
        }
        catch (TimeoutException)
        {
            refusal = TooLate;
        }
        catch (OperationCanceledException) when (pending.Answer.IsCanceled)
        {
            refusal = new Refusal(StatusCodes.Status504GatewayTimeout, "GatewayTimeout", "The server stops before the run has responded. The run goes on when the server is back.");
        }

        await TriggerAnswers.RefuseAsync(http, refusal);
    }

    // Still percent-encoded where the server has it so: an encoded slash is no separator.
    internal static string RelativePath(HttpRequest request)
    {
        const string End = "/paths/invoke";
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        var at = path.IndexOf(End, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? Uri.EscapeDataString((string?)request.RouteValues["relativePath"] ?? "") : path[(at + End.Length)..];
    }

    // It is sent back in a header.
    internal static string? ClientTrackingId(HttpRequest request) =>
        request.Headers["x-ms-client-tracking-id"] is [{ Length: > 0 and <= LongestTrackingId } id] && id.All(c => c is >= ' ' and <= '~') ? id : null;
}
