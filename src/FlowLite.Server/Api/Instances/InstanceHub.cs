using FlowLite.Server.Auth;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Api.Instances;

/// <summary>What the hub tells of a run that a client observes; the names are the Studio's.</summary>
public interface IInstanceClient
{
    /// <summary>The journal has grown.</summary>
    Task WorkflowExecutionLogUpdatedAsync(object message);

    /// <summary><c>{"stats":[…]}</c> as in the report of activity executions, of every activity that was executed.</summary>
    Task ActivityExecutionLogUpdatedAsync(object message);

    /// <summary><c>{"workflowInstanceId"}</c></summary>
    Task WorkflowInstanceUpdatedAsync(object message);
}

/// <summary>Where the Studio watches runs live.</summary>
internal sealed class InstanceHub(InstanceWatch watch, EndedSessions ended) : Hub<IInstanceClient>
{
    public const string Path = "/elsa/hubs/workflow-instance";

    /// <summary>Of runs that one connection watches; a viewer watches one.</summary>
    private const int MostRuns = 100;

    private const string Watches = "watches";
    private const string SignOut = "signOut";

    /// <summary>A connection is not asked for its token again: it ends with the session that this was given for.</summary>
    public override Task OnConnectedAsync()
    {
        var context = Context;
        Action look = () =>
        {
            if (ended.Contains(context.User))
            {
                context.Abort();
            }
        };
        Context.Items[SignOut] = look;
        ended.Ended += look;
        look();
        return Task.CompletedTask;
    }

    /// <exception cref="HubException">The id is none, or too many runs are watched.</exception>
    public Task ObserveInstanceAsync(string instanceId)
    {
        if (!Guid.TryParse(instanceId, out var runId))
        {
            throw new HubException("That is not the id of a run.");
        }

        var watches = (Dictionary<Guid, IDisposable>)(Context.Items[Watches] ??= new Dictionary<Guid, IDisposable>())!;
        // A connection's calls come one after the other.
        if (watches.Count >= MostRuns)
        {
            throw new HubException("This connection watches too many runs.");
        }

        if (!watches.ContainsKey(runId))
        {
            watches.Add(runId, watch.Add(runId, Clients.Caller));
        }

        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        ended.Ended -= Context.Items[SignOut] as Action;
        if (Context.Items[Watches] is Dictionary<Guid, IDisposable> watches)
        {
            foreach (var one in watches.Values)
            {
                one.Dispose();
            }
        }

        return Task.CompletedTask;
    }
}

/// <summary>A browser can't set a header on a websocket: there, and nowhere else, the token may stand in the query.</summary>
internal sealed class HubTokens : IPostConfigureOptions<BearerTokenOptions>
{
    public void PostConfigure(string? name, BearerTokenOptions options)
    {
        var before = options.Events.OnMessageReceived;
        options.Events.OnMessageReceived = async context =>
        {
            await before(context);
            var request = context.HttpContext.Request;
            if (request.Path.StartsWithSegments(InstanceHub.Path, StringComparison.Ordinal) && request.Headers.Authorization.Count == 0)
            {
                context.Token ??= request.Query["access_token"] is [{ Length: > 0 } token] ? token : null;
            }
        };
    }
}
