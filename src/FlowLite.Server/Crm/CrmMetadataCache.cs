using System.Collections.Concurrent;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Crm.Gates;
using FlowLite.Engine.Activities;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Crm;

/// <summary>
/// What the connections' CRMs say of their tables: asked for when it is wanted and older than ten minutes, and when a connection was
/// changed; kept when the CRM can't be reached, also over a restart.
/// </summary>
public sealed class CrmMetadataCache
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);

    private readonly CrmConnectors _connectors;
    private readonly ConnectionCatalog _connections;
    private readonly TimeProvider _time;
    private readonly ILogger<CrmMetadataCache> _log;
    private readonly CrmMetadataFile _file;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<(string Connection, string Entity), (long At, KnownTable? Table)> _recent = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public CrmMetadataCache(CrmConnectors connectors, ConnectionCatalog connections, DataDirectory directory, TimeProvider time, ILogger<CrmMetadataCache> log)
    {
        _connectors = connectors;
        _connections = connections;
        _time = time;
        _log = log;
        _file = new CrmMetadataFile(directory.CrmMetadata);
        foreach (var known in _file.Read())
        {
            _entries[known.Connection] = new Entry { Known = known };
        }
    }

    /// <summary>
    /// What is known of the connections that there are, sorted by name; of one that was changed and whose CRM hasn't answered since,
    /// what was known before, so that its forms don't go while the CRM is away.
    /// </summary>
    public IReadOnlyList<KnownCrm> All => [.. _connections.Names.Select(name => Known(name) ?? LastKnown(name)).OfType<KnownCrm>()];

    /// <summary>What is known of a connection's CRM; null: nothing.</summary>
    public KnownCrm? Known(string connection)
    {
        if (_connections.Find(connection) is not { } settings)
        {
            return null;
        }

        lock (_lock)
        {
            return _entries.TryGetValue(connection, out var entry) && entry.Known is { } known && known.Mark == KnownCrm.MarkOf(settings) ? known : null;
        }
    }

    private KnownCrm? LastKnown(string connection)
    {
        lock (_lock)
        {
            return _connections.Find(connection) is not null && _entries.TryGetValue(connection, out var entry) ? entry.Known : null;
        }
    }

    /// <summary>A <see cref="KnownTables"/> for each record that is made: what was said within the last second counts.</summary>
    public KnownTable? RecentTableOf(string connection, string entity)
    {
        if (_recent.TryGetValue((connection, entity), out var recent) && _time.GetElapsedTime(recent.At) < TimeSpan.FromSeconds(1))
        {
            return recent.Table;
        }

        var table = Known(connection)?.Table(entity);
        _recent[(connection, entity)] = (_time.GetTimestamp(), table);
        return table;
    }

    /// <summary>The columns of a table, where they are known: no CRM is asked.</summary>
    public IReadOnlyList<CrmField>? FieldsOf(string connection, string entity) => Known(connection)?.Table(entity)?.Columns;

    /// <summary>
    /// Asks those CRMs whose word is old or missing. Ends when all have answered of which nothing is known, or when they have had
    /// their time; the others answer while the caller goes on.
    /// </summary>
    /// <param name="within">How long the caller waits.</param>
    public async Task RefreshAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var needed = new List<Task>();
        foreach (var connection in _connections.Names)
        {
            var isMissing = Known(connection) is null;
            if (StartIfStale(connection, CancellationToken.None) is { } asking && isMissing)
            {
                needed.Add(asking);
            }
        }

        try
        {
            await Task.WhenAll(needed).WaitAsync(within, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What comes later is there the next time.
        }
    }

    /// <summary>Asks those CRMs whose word is old or missing. Ends when all have answered or failed to.</summary>
    public Task AskStaleAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_connections.Names.Select(connection => StartIfStale(connection, cancellationToken)).OfType<Task>());

    /// <summary>The connection was changed: what is known may hold no more, and is asked for while the caller goes on.</summary>
    public void AskSoon(string connection)
    {
        lock (_lock)
        {
            var entry = Of(connection);
            (entry.NotBefore, entry.IsOld) = (default, true);
        }

        _ = StartIfStale(connection, CancellationToken.None);
    }

    /// <summary>Asks now.</summary>
    /// <exception cref="ActivityException">The CRM didn't answer; what was known stays. <c>ConnectionNotFound</c>: there is no connection of that name.</exception>
    public async Task<KnownCrm> AskAsync(string connection, CancellationToken cancellationToken)
    {
        var settings = _connections.Find(connection);
        if (settings is null || _connectors.FindMetadata(connection) is not { } crm)
        {
            throw new ActivityException("ConnectionNotFound", $"There is no connection '{connection}'.");
        }

        var entities = await crm.EntitiesAsync(cancellationToken);
        var forms = settings.FormEntities ?? ConnectorKind.Find(settings.Kind)!.FormEntities;
        var offered = entities.Select(entity => entity.Name).Where(name => forms.Count == 0 || forms.Contains(name, StringComparer.OrdinalIgnoreCase));
        var fields = await FieldsAsync(connection, crm, offered, cancellationToken);
        var known = new KnownCrm(connection, KnownCrm.MarkOf(settings), _time.GetUtcNow(), entities, fields);
        lock (_lock)
        {
            var entry = Of(connection);
            (entry.Known, entry.IsOld) = (known, false);
            // Inside the lock, so that the last one to be known is the last one to be written.
            _file.Write([.. _entries.Values.Select(entry => entry.Known).OfType<KnownCrm>()]);
        }

        return known;
    }

    /// <summary>
    /// Columns by table. One that the CRM doesn't describe, as the account lacks it or may not read it, takes none of the others with it;
    /// where that passes, what was known of it stays.
    /// </summary>
    /// <exception cref="ActivityException">The CRM is away, or described none.</exception>
    private async Task<Dictionary<string, IReadOnlyList<CrmField>>> FieldsAsync(string connection, ICrmMetadata crm, IEnumerable<string> entities, CancellationToken cancellationToken)
    {
        var fields = new Dictionary<string, IReadOnlyList<CrmField>>(StringComparer.Ordinal);
        ActivityException? refused = null;
        foreach (var entity in entities)
        {
            try
            {
                fields[entity] = await crm.FieldsAsync(entity, cancellationToken);
            }
            catch (ActivityException e) when (!Outage.Is(e))
            {
                refused = e;
                if (e.Retryable && FieldsOf(connection, entity) is { } before)
                {
                    fields[entity] = before;
                }

                Log.TableNotDescribed(_log, connection, entity, e.Code, e.Message);
            }
        }

        return fields.Count > 0 || refused is null ? fields : throw refused;
    }

    /// <summary>The question that is under way for this connection; null when there is no need of one.</summary>
    private Task? StartIfStale(string connection, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var entry = Of(connection);
            var now = _time.GetUtcNow();
            if (entry.Asking is { } asking)
            {
                return asking;
            }

            var mark = _connections.Find(connection) is { } settings ? KnownCrm.MarkOf(settings) : null;
            if ((now < entry.NotBefore && entry.AskedFor == mark) || (!entry.IsOld && entry.Known is { } known && now - known.AskedAt < Fresh && known.Mark == mark))
            {
                return null;
            }

            (entry.NotBefore, entry.AskedFor) = (now + RetryAfter, mark);
            return entry.Asking = TryAskAsync(connection, entry, cancellationToken);
        }
    }

    private async Task TryAskAsync(string connection, Entry entry, CancellationToken cancellationToken)
    {
        // It has to be noted as under way before it can end.
        await Task.Yield();
        try
        {
            await AskAsync(connection, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (ActivityException e)
        {
            Log.MetadataUnavailable(_log, connection, e.Code, e.Message);
        }
        catch (Exception e)
        {
            Log.MetadataFailed(_log, e, connection);
        }
        finally
        {
            lock (_lock)
            {
                entry.Asking = null;
            }
        }
    }

    private Entry Of(string connection)
    {
        if (!_entries.TryGetValue(connection, out var entry))
        {
            _entries[connection] = entry = new Entry();
        }

        return entry;
    }

    private sealed class Entry
    {
        public KnownCrm? Known { get; set; }
        public Task? Asking { get; set; }

        /// <summary>No new question before: a CRM that is down is not asked at every click.</summary>
        public DateTimeOffset NotBefore { get; set; }

        /// <summary>The mark of the settings that the last question went through: changed ones are asked for at once.</summary>
        public string? AskedFor { get; set; }

        /// <summary>Something was changed that no mark tells: a secret.</summary>
        public bool IsOld { get; set; }
    }
}
