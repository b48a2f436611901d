using System.Globalization;
using FlowLite.Activities.Http;
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
    EndpointRoutes routes, RunService runs, PendingResponses responses, IAuthorizationService authorization, FlowLiteOptions options,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<EndpointServer> logger)
{
    public const string BasePath = "/workflows";
    public const string Route = $"{BasePath}/{{**path}}";
    private const int RetryAfterSeconds = 10;
    private const int LongestCorrelationId = 200;
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
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered. The run goes on.
        }
    }

    private async Task FindAsync(HttpContext http)
    {
        var path = EndpointSettings.Normalize(http.Request.Path.Value![BasePath.Length..]);
        if (options.ServesEndpoints && routes.Find(http.Request.Method, path, http) is var (endpoint, values))
        {
            await StartAsync(http, endpoint, values);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    private async Task StartAsync(HttpContext http, StartEndpoint endpoint, IReadOnlyDictionary<string, string> values)
    {
        if (await RefusedAsync(http, endpoint.Settings))
        {
            return;
        }

        var (json, refusal) = await EndpointRequest.ReadAsync(http, endpoint.Settings, values, time);
        if (refusal is not null)
        {
            await EndpointAnswers.RefuseAsync(http, refusal);
            return;
        }

        var runId = runs.NewRunId();
        using var pending = responses.Expect(runId, untilItWaits: true);
        await runs.StartAsync(endpoint.Flow.Workflow!, new RunRequest(runId)
        {
            TriggerActivity = endpoint.Node.Id,
            Trigger = json,
            ClientTrackingId = CorrelationId(http.Request),
        });
        await AnswerAsync(http, pending, runId, endpoint.Settings.RequestTimeout);
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
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        http.Response.Headers["x-elsa-workflow-instance-id"] = runId.ToString();
        try
        {
            var answer = await pending.Answer.WaitAsync(timeout ?? AnswerWithin, time, gone.Token);
            await EndpointAnswers.WriteAsync(http, answer);
        }
        catch (TimeoutException)
        {
            // Elsa's answer to its own time-out; it then forgets the run, which goes on here.
            http.Response.StatusCode = timeout is null ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status500InternalServerError;
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
        }
    }

    private static string? CorrelationId(HttpRequest request)
    {
        var given = request.Query["correlationId"] is [{ Length: > 0 } query] ? query : request.Headers["x-correlation-id"].FirstOrDefault();
        return given is { Length: > 0 and <= LongestCorrelationId } ? given : null;
    }
}

internal static partial class EndpointLog
{
    [LoggerMessage(121, LogLevel.Warning, "A request for {Path} was turned away because the store can't be written: {Reason}")]
    public static partial void StoreUnavailable(ILogger logger, string path, string reason);
}
