using System.Collections.Concurrent;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowLite.Activities.Crm.Gates;

/// <summary>
/// The gates of all connections, and their keepers: one for each gate that runs wait at, or whose CRM is down. It asks the CRM now and
/// then whether it is back, and lets the runs on.
/// </summary>
public sealed class ConnectionGates(CrmConnectors connectors, TimeProvider time, ILogger<ConnectionGates> log) : IDisposable
{
    private const string Prefix = "connection:";
    private static readonly TimeSpan ProbeWithin = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, ConnectionGate> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<ConnectionGate, bool> _kept = new();
    private readonly CancellationTokenSource _stopping = new();
    private RunGates? _runs;

    /// <summary>The runs of an earlier life of the server that wait are taken up, and from here on those that come to wait.</summary>
    public async Task StartAsync(RunGates runs)
    {
        _runs = runs;
        foreach (var name in (await runs.CountAsync()).Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            Of(name[Prefix.Length..]).Recover();
        }
    }

    /// <summary>A connection was changed, or answers again: who waits for it may try.</summary>
    public void TryAgain(string connection)
    {
        if (_byName.TryGetValue(connection, out var gate))
        {
            gate.TryAgain();
        }
    }

    /// <summary>How a connection does, by its name.</summary>
    public async ValueTask<Func<string, ConnectionHealth>> HealthAsync()
    {
        var waiting = _runs is null ? new Dictionary<string, long>() : await _runs.CountAsync();
        return connection =>
        {
            var gate = Of(connection);
            return gate.Health(waiting.GetValueOrDefault(gate.Name));
        };
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    internal ConnectionGate Of(string connection) => _byName.TryGetValue(connection, out var gate) ? gate : _byName.GetOrAdd(connection, Make);

    private ConnectionGate Make(string connection)
    {
        var gate = new ConnectionGate(Prefix + connection.ToLowerInvariant(), connection, () => connectors.CallsAtOnce(connection), time);
        gate.NeedsKeeper += Keep;
        return gate;
    }

    private void Keep(ConnectionGate gate)
    {
        if (_runs is { } runs && !_stopping.IsCancellationRequested && _kept.TryAdd(gate, true))
        {
            _ = KeepAsync(gate, runs, _stopping.Token);
        }
    }

    private async Task KeepAsync(ConnectionGate gate, RunGates runs, CancellationToken stopping)
    {
        const int quietRounds = 30;
        var quiet = 0;
        var wasDown = false;
        try
        {
            while (true)
            {
                // A run that has just been told to wait is on disk a moment later: the keeper stays until that is long past.
                if (quiet >= quietRounds)
                {
                    if (!(await runs.CountAsync()).ContainsKey(gate.Name))
                    {
                        break;
                    }

                    quiet = 0;
                }

                var task = gate.Next();
                wasDown = Tell(gate, wasDown);
                if (task.Probes)
                {
                    gate.Probed(await ProbeAsync(gate.Connection, stopping));
                    continue;
                }

                var let = task.LetsOn > 0 ? await runs.LetOnAsync(gate.Name, task.Except, task.LetsOn) : [];
                var isNeeded = gate.LetOn(let, task.LetsOn);
                quiet = isNeeded ? 0 : quiet + 1;
                await Task.WhenAny(task.Changed, Task.Delay(task.Sleep, time, stopping));
                stopping.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            Log.KeeperFailed(log, e, gate.Connection);
            await Task.Delay(TimeSpan.FromSeconds(5), time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _kept.TryRemove(gate, out _);
            Keep(gate);
            return;
        }

        _kept.TryRemove(gate, out _);
        if (gate.HasWaiting)
        {
            Keep(gate);
        }
    }

    private bool Tell(ConnectionGate gate, bool wasDown)
    {
        var health = gate.Health(0);
        var isDown = health.State != "up";
        if (isDown && !wasDown)
        {
            Log.ConnectionDown(log, gate.Connection, health.LastOutage?.Message ?? "");
        }
        else if (!isDown && wasDown)
        {
            Log.ConnectionBack(log, gate.Connection);
        }

        return isDown;
    }

    /// <summary>Null: it is there.</summary>
    private async Task<ActivityException?> ProbeAsync(string connection, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(ProbeWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        try
        {
            if (connectors.FindMetadata(connection) is { } crm)
            {
                await crm.TestAsync(either.Token);
            }

            return null;
        }
        catch (ActivityException e)
        {
            return e;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return new ActivityException("Timeout", $"The CRM of connection '{connection}' did not answer within {ProbeWithin.TotalSeconds:0} seconds.") { Retryable = true };
        }
    }
}
