using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Schema;

namespace FlowLite.Server.Triggers;

/// <summary>
/// Finds the trigger of a URL. A flow that was published once has keys for good, and its triggers are found
/// whether or not it has a published version now.
/// </summary>
public sealed class TriggerCatalog(FlowCatalog flows, IDefinitionStore store, TriggerUrls urls, TimeProvider time, ILogger<TriggerCatalog> logger) : IDisposable
{
    /// <summary>How long an unknown id stays unknown without being looked up again.</summary>
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(10);
    private const int UnknownLimit = 10_000;
    private const int LongestId = 200;

    private readonly ConcurrentDictionary<string, Entry> _flows = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _unknown = new();
    // Made-up ids may not take the database away from leads: two look-ups at once, the others queue.
    private readonly SemaphoreSlim _lookUps = new(2);
    // What a look-up found is only kept if nothing was forgotten while it was looking: it may have read what was before.
    private readonly Lock _keeping = new();
    private long _forgotten;

    /// <returns>Whether there is such a flow, and its trigger of that name if it has one.</returns>
    internal async ValueTask<(bool FlowExists, SignedTrigger? Trigger)> FindAsync(string definitionId, string triggerName, CancellationToken cancellationToken)
    {
        var flow = flows.Find(definitionId);
        if (!_flows.TryGetValue(definitionId, out var entry) || !ReferenceEquals(entry.Flow, flow))
        {
            entry = flow is null
                ? await LookUpAsync(definitionId, cancellationToken)
                : _flows[definitionId] = new Entry(flow, Triggers(flow.Secrets, flow));
        }

        return entry is null ? (false, null) : (true, entry.Triggers.GetValueOrDefault(triggerName));
    }

    /// <summary>The keys of a flow that may have no published version were changed, or it was retracted or deleted.</summary>
    public void Forget(string definitionId)
    {
        lock (_keeping)
        {
            _forgotten++;
            _flows.TryRemove(definitionId, out _);
            _unknown.TryRemove(definitionId, out _);
        }
    }

    private async ValueTask<Entry?> LookUpAsync(string definitionId, CancellationToken cancellationToken)
    {
        if (definitionId.Length > LongestId || IsUnknown(definitionId))
        {
            return null;
        }

        await _lookUps.WaitAsync(cancellationToken);
        try
        {
            if (IsUnknown(definitionId))
            {
                return null;
            }

            var forgotten = Interlocked.Read(ref _forgotten);
            var secrets = await store.FindSecretsAsync(definitionId);
            var isDeleted = secrets is not null && await store.FindAsync(definitionId, VersionOptions.Latest) is null;
            var entry = secrets is null ? null : new Entry(null, Triggers(secrets, null, isDeleted));
            lock (_keeping)
            {
                if (forgotten == _forgotten)
                {
                    Keep(definitionId, entry);
                }
            }

            return entry;
        }
        finally
        {
            _lookUps.Release();
        }
    }

    private void Keep(string definitionId, Entry? entry)
    {
        if (entry is not null)
        {
            _flows[definitionId] = entry;
            return;
        }

        if (_unknown.Count >= UnknownLimit)
        {
            _unknown.Clear();
        }

        _unknown[definitionId] = time.GetUtcNow() + UnknownFor;
    }

    private bool IsUnknown(string definitionId) =>
        _unknown.TryGetValue(definitionId, out var until) && time.GetUtcNow() < until;

    private Dictionary<string, SignedTrigger> Triggers(FlowSecrets secrets, PublishedFlow? flow, bool isDeleted = false) =>
        secrets.Triggers.Values.Distinct().ToDictionary(name => name, name => Trigger(secrets, flow, name, isDeleted));

    private SignedTrigger Trigger(FlowSecrets secrets, PublishedFlow? flow, string name, bool isDeleted)
    {
        var disabled = flow switch
        {
            null when isDeleted => "the workflow is in state 'Deleted'",
            null => "the flow has no published version",
            { Workflow: null } => $"its published version doesn't work here: {flow.Broken}",
            _ => "the flow's published version no longer has it",
        };
        if (flow?.Workflow is not null && flow.Trigger(name) is { Activity: Activities.Http.HttpRequest settings } node)
        {
            try
            {
                return Open(flow, node, settings, name, SignaturesOf(secrets, name));
            }
            catch (Exception e) when (e is JsonSchemaException or JsonException or FormatException)
            {
                TriggerLog.TriggerUnusable(logger, e, secrets.DefinitionId, name);
                disabled = $"its settings don't work here: {e.Message}";
            }
        }

        return new SignedTrigger
        {
            DefinitionId = secrets.DefinitionId,
            Name = name,
            Signatures = SignaturesOf(secrets, name),
            Disabled = disabled,
            HeaderId = HeaderText(secrets.DefinitionId),
        };
    }

    /// <summary>A published trigger as its callers meet it. Touches no key and no store: a replay asks here too.</summary>
    /// <exception cref="JsonSchemaException">Its schema doesn't work.</exception>
    /// <exception cref="JsonException">Its schema is not JSON.</exception>
    /// <exception cref="FormatException">Its relative path doesn't work.</exception>
    internal static SignedTrigger Open(PublishedFlow flow, ActivityNode node, Activities.Http.HttpRequest settings, string name, TriggerSignatures signatures) => new()
    {
        DefinitionId = flow.Definition.DefinitionId,
        Name = name,
        Signatures = signatures,
        Workflow = flow.Workflow,
        ActivityId = node.Id,
        Method = settings.Method.ToUpperInvariant(),
        Path = settings.PathTemplate,
        Schema = settings.JsonSchema is { } schema ? JsonSchema.Compile(schema, settings.SchemaOptions) : null,
        MaxBodySize = settings.MaxBodySize,
        WaitingLimit = flow.WaitingRuns,
        IsSynchronous = flow.Workflow!.Nodes.Values.Any(n => n.Descriptor.SendsResponse),
        HeaderName = HeaderText(flow.Definition.Name ?? flow.Definition.DefinitionId),
        HeaderId = HeaderText(flow.Definition.DefinitionId),
    };

    private TriggerSignatures SignaturesOf(FlowSecrets secrets, string name) =>
        new(Sign(secrets, name, null), expiry => Sign(secrets, name, expiry));

    private List<string> Sign(FlowSecrets secrets, string name, string? expiry)
    {
        var signatures = new List<string>();
        foreach (var key in Enum.GetValues<KeyType>())
        {
            try
            {
                signatures.Add(urls.Sign(secrets, name, key, expiry));
            }
            catch (CryptographicException e)
            {
                // The key ring is another one: nothing opens this trigger until its keys are regenerated.
                TriggerLog.KeyUnreadable(logger, e, secrets.DefinitionId, key);
            }
        }

        return signatures;
    }

    // Headers hold visible ASCII.
    private static string HeaderText(string text) => text.All(c => c is > ' ' and < '\x7f') ? text : Uri.EscapeDataString(text);

    public void Dispose() => _lookUps.Dispose();

    /// <param name="Flow">The published version that the triggers were made from; null: made from the keys alone.</param>
    private sealed record Entry(PublishedFlow? Flow, IReadOnlyDictionary<string, SignedTrigger> Triggers);
}
