using System.Globalization;
using FlowLite.Activities.Http;
using FlowLite.Engine;
using FlowLite.Engine.Runs;
using FlowLite.Server.Auth;
using FlowLite.Server.Hosting;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;
using HttpRequest = Microsoft.AspNetCore.Http.HttpRequest;

namespace FlowLite.Server.Endpoints;

/// <summary>
/// HTTP endpoints of flows at <c>/workflows/…</c>, as Elsa serves them: from the request to a durable run, and from there to its answer. What
/// the run has not answered when it waits or ends is answered 200, or 500 if it failed.
/// </summary>
public sealed class EndpointServer(
    EndpointRoutes routes, WaitingEndpoints waiting, NamedRuns repeats, RunService runs, TriggerInbox inbox, PendingResponses responses, IAuthorizationService authorization, FlowLiteOptions options,
    LargeBodies largeBodies, TimeProvider time, ILogger<EndpointServer> logger)
{
    public const string BasePath = "/workflows";
    public const string Route = $"{BasePath}/{{**path}}";
    private const string InstanceHeader = "x-elsa-workflow-instance-id";
    private const int RetryAfterSeconds = 10;
    private const int LongestId = 200;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(120);

    public async Task ServeAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The endpoint's own limit holds.
            size.MaxRequestBodySize = null;
        }

        try
        {
            await FindAsync(http);
        }
        catch (StoreUnavailableException e)
        {
            EndpointLog.StoreUnavailable(logger, http.Request.Path, e.Message);
            http.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException && !http.Response.HasStarted)
        {
            EndpointLog.ShortOfMemory(logger, http.Request.Path, e.Message);
            http.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            await EndpointAnswers.RefuseAsync(http, EndpointRefusal.Say(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable",
                "The server has too little memory for the request now. Send it again later."));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered. The run goes on.
        }
    }

    private async Task FindAsync(HttpContext http)
    {
        var path = EndpointSettings.Normalize(http.Request.Path.Value![BasePath.Length..]);
        if (!options.ServesEndpoints)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (routes.Find(http.Request.Method, path, http) is var (endpoint, values))
        {
            await StartAsync(http, endpoint, values);
        }
        else
        {
            await ResumeAsync(http, await waiting.FindAsync(http, path, CorrelationId(http.Request), InstanceId(http.Request)));
        }
    }

    private async Task StartAsync(HttpContext http, StartEndpoint endpoint, IReadOnlyDictionary<string, string> values)
    {
        if (await RefusedAsync(http, endpoint.Settings))
        {
            return;
        }

        // In a method of its own: what was read is not held while the run makes its answer.
        if (await AcceptAsync(http, endpoint, values) is var (runId, pending))
        {
            using (pending)
            {
                await AnswerAsync(http, pending, runId, endpoint.Settings.RequestTimeout);
            }
        }
    }

    /// <returns>Null: the request has its answer.</returns>
    private async Task<(Guid RunId, PendingResponse Pending)?> AcceptAsync(HttpContext http, StartEndpoint endpoint, IReadOnlyDictionary<string, string> values)
    {
        using var body = await EndpointRequest.ReadBodyAsync(http, endpoint.Settings, time, largeBodies.Transfers);
        var source = new InboxSource(endpoint.Flow.Definition.DefinitionId, endpoint.Node.Name, http.Request.Path, endpoint.Node.SecureOutputs);
        var (json, refusal) = await EndpointRequest.ReadAsync(http, endpoint.Settings, values, body);
        if (refusal is not null)
        {
            await KeepAndRefuseAsync(http, source, refusal, body);
            return null;
        }

        var workflow = endpoint.Flow.Workflow!;
        var named = InstanceId(http.Request) is { } name ? WaitingEndpoints.RunId(workflow.Definition.DefinitionId, name) : (Guid?)null;
        var run = new RunRequest(named ?? runs.NewRunId())
        {
            TriggerActivity = endpoint.Node.Id,
            Trigger = json,
            CorrelationId = CorrelationId(http.Request),
        };
        var pending = responses.Expect(run.RunId, untilItWaits: true);
        var isAccepted = false;
        try
        {
            if (named is null)
            {
                await runs.StartAsync(workflow, run);
            }
            else if (await repeats.StartAsync(workflow, run) is { } answered)
            {
                http.Response.Headers[InstanceHeader] = run.RunId.ToString();
                await EndpointAnswers.WriteAsync(http, answered);
                return null;
            }

            isAccepted = true;
            return (run.RunId, pending);
        }
        catch (RunRefusedException e)
        {
            await KeepAndRefuseAsync(http, source, EndpointRefusal.Say(StatusCodes.Status409Conflict, RunRefusedException.Code, e.Message), body);
            return null;
        }
        catch (RunNameTakenException e)
        {
            await KeepAndRefuseAsync(http, source, EndpointRefusal.Say(StatusCodes.Status409Conflict, RunNameTakenException.Code, e.Message), body);
            return null;
        }
        finally
        {
            if (!isAccepted)
            {
                pending.Dispose();
            }
        }
    }

    /// <summary>Brings a request to the run that waits for it. It is durable before the run goes on.</summary>
    private async Task ResumeAsync(HttpContext http, IReadOnlyList<WaitingEndpoint> found)
    {
        if (found.Count == 0)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        foreach (var one in found)
        {
            if (await RefusedAsync(http, one.Settings))
            {
                return;
            }
        }

        if (found is not [var endpoint])
        {
            await EndpointAnswers.AmbiguousAsync(http, found.Select(one => one.Waiting.RunId));
            return;
        }

        using var body = await EndpointRequest.ReadBodyAsync(http, endpoint.Settings, time, largeBodies.Transfers);
        var (json, refusal) = await EndpointRequest.ReadAsync(http, endpoint.Settings, endpoint.Values, body);
        if (refusal is not null)
        {
            var source = new InboxSource(endpoint.Waiting.DefinitionId, endpoint.Settings.Path, http.Request.Path, endpoint.Waiting.Bookmark.IsSecure);
            await KeepAndRefuseAsync(http, source, refusal, body);
            return;
        }

        var runId = endpoint.Waiting.RunId;
        using var pending = responses.ExpectOfWoken(runId, endpoint.Waiting.Instance, endpoint.Waiting.Bookmark.Key);
        var woken = await runs.SignalAsync(new Signal(BookmarkKind.Http, endpoint.Waiting.Bookmark.Key)
        {
            RunId = runId,
            Instance = endpoint.Waiting.Instance,
            Payload = json,
            AwaitsResponse = true,
        });
        if (woken.Count == 0)
        {
            // Another request was faster, or the run has ended since.
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        body.Dispose();
        await AnswerAsync(http, pending, runId, endpoint.Settings.RequestTimeout);
    }

    /// <summary>Who may call, or anybody where the endpoint is open, does not send it again: it is in the inbox before the answer.</summary>
    private async Task KeepAndRefuseAsync(HttpContext http, InboxSource source, EndpointRefusal refusal, TriggerBody body)
    {
        await inbox.KeepAsync(runs.NewRunId(), http.Request, source, refusal.Code, refusal.Message, body.Bytes);
        await EndpointAnswers.RefuseAsync(http, refusal);
    }

    /// <summary>Whether the caller may not call; it has been told then.</summary>
    private async Task<bool> RefusedAsync(HttpContext http, EndpointSettings settings)
    {
        if (!settings.Authorize)
        {
            return false;
        }

        var caller = await http.AuthenticateAsync(AuthHosting.Scheme);
        if (!caller.Succeeded)
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return true;
        }

        if (settings.Policy is { } policy && !(await authorization.AuthorizeAsync(caller.Principal, null, policy)).Succeeded)
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return true;
        }

        return false;
    }

    /// <summary>Waits for what the run answers. The run goes on whether or not somebody waits.</summary>
    private async Task AnswerAsync(HttpContext http, PendingResponse pending, Guid runId, TimeSpan? timeout)
    {
        http.Response.Headers[InstanceHeader] = runId.ToString();
        try
        {
            var answer = await pending.Answer.WaitAsync(timeout ?? AnswerWithin, time, http.RequestAborted);
            await EndpointAnswers.WriteAsync(http, answer);
        }
        catch (TimeoutException)
        {
            // Elsa's answer to its own time-out; it then forgets the run, which goes on here.
            http.Response.StatusCode = timeout is null ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status500InternalServerError;
        }
        catch (OperationCanceledException) when (pending.Answer.IsCanceled)
        {
            http.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
        }
        catch (OutOfMemoryException) when (!http.Response.HasStarted)
        {
            // The run is durable, whatever has become of its answer.
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            http.Response.ContentType = null;
            http.Response.ContentLength = 0;
        }
    }

    private static string? CorrelationId(HttpRequest request) => Given(request, "correlationId", "x-correlation-id");

    private static string? InstanceId(HttpRequest request) => Given(request, "workflowInstanceId", "x-workflow-instance-id");

    private static string? Given(HttpRequest request, string query, string header)
    {
        var given = request.Query[query] is [{ Length: > 0 } text] ? text : request.Headers[header].FirstOrDefault();
        return given is { Length: > 0 and <= LongestId } ? given : null;
    }
}

internal static partial class EndpointLog
{
    [LoggerMessage(121, LogLevel.Warning, "A request for {Path} was turned away because the store can't be written: {Reason}")]
    public static partial void StoreUnavailable(ILogger logger, string path, string reason);

    [LoggerMessage(122, LogLevel.Warning, "A request for {Path} was turned away for lack of memory: {Reason}")]
    public static partial void ShortOfMemory(ILogger logger, string path, string reason);
}
