using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Server.Hosting;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Crm;

/// <summary>A flow that refers to a connection.</summary>
public sealed record FlowUse(string DefinitionId, string? Name);

/// <summary>Which flows refer to which connections.</summary>
public sealed class ConnectionReferences(ConnectionCatalog catalog, CrmConnectors connectors, CrmMetadataCache metadata, RecordColumns columns, IDefinitionStore definitions, IRunStore runs)
{
    private const int RunsAtATime = 1000;
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The connections that a compiled flow refers to and that don't exist or can't be used; where the CRM's tables, columns and keys
    /// are known, those as well. Warnings are among them.
    /// </summary>
    public async Task<IReadOnlyList<DefinitionProblem>> CheckAsync(CompiledWorkflow workflow)
    {
        var problems = new List<DefinitionProblem>();
        foreach (var node in workflow.Nodes.Values)
        {
            if (node.Activity is not CreateRecord record)
            {
                continue;
            }

            if (!catalog.Exists(record.Connection))
            {
                problems.Add(new DefinitionProblem(node.Id, node.Path + "/connection",
                    $"There is no connection '{record.Connection}'. There are: {string.Join(", ", catalog.Names)}."));
            }
            else if (Unusable(record.Connection) is { } unusable)
            {
                problems.Add(new DefinitionProblem(node.Id, node.Path + "/connection", unusable));
            }
            else if (await LacksTableAsync(record.Connection, record.Entity))
            {
                problems.Add(new DefinitionProblem(node.Id, node.Path + "/entity",
                    $"The CRM of connection '{record.Connection}' has no table '{record.Entity}'."));
            }
            else
            {
                problems.AddRange(await columns.CheckAsync(workflow.Definition.Document, node, record));
                if (await KeyWarningAsync(record.Connection, record.Entity) is { } warning)
                {
                    problems.Add(new DefinitionProblem(node.Id, node.Path + "/entity", warning, IsWarning: true));
                }
            }
        }

        return problems;
    }

    /// <summary>The flows whose latest or published version refers to each connection.</summary>
    public async Task<ILookup<string, FlowUse>> FlowsAsync()
    {
        var page = await definitions.ListAsync(new DefinitionQuery(new VersionOptions(VersionKind.LatestOrPublished)));
        return page.Items
            .SelectMany(flow => In(flow.Document).Select(name => (Name: name, Flow: flow)))
            .DistinctBy(use => (use.Name.ToUpperInvariant(), use.Flow.DefinitionId))
            .ToLookup(use => use.Name, use => new FlowUse(use.Flow.DefinitionId, use.Flow.Name), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Those, and the flows that have a run under way on a version that refers to it.</summary>
    public async Task<IReadOnlyList<FlowUse>> UsesAsync(string connection)
    {
        var uses = (await FlowsAsync())[connection].ToList();
        foreach (var version in await LiveVersionsAsync())
        {
            if (await definitions.FindVersionAsync(version) is { } flow && uses.All(use => use.DefinitionId != flow.DefinitionId)
                && In(flow.Document).Contains(connection, StringComparer.OrdinalIgnoreCase))
            {
                uses.Add(new FlowUse(flow.DefinitionId, flow.Name));
            }
        }

        return uses;
    }

    private static IEnumerable<string> In(JsonElement document) =>
        from activity in ActivityTree.All(document)
        where activity.GetProperty("type").ValueEquals(RecordNames.CreateRecord)
        let name = activity.TryGetProperty("connection", out var given) && given.ValueKind != JsonValueKind.Null
            ? RecordViews.Text(given) : ConnectionCatalog.Embedded
        where name is not null
        select name;

    private async Task<HashSet<string>> LiveVersionsAsync()
    {
        var versions = new HashSet<string>(StringComparer.Ordinal);
        // Twice, as a run may begin to go on while those that wait are looked at.
        foreach (var status in new[] { RunStatus.Running, RunStatus.Suspended, RunStatus.Running })
        {
            IReadOnlyList<RunSummary> page;
            Guid? before = null;
            do
            {
                page = await runs.ListRunsAsync(null, status, before, RunsAtATime);
                versions.UnionWith(page.Select(run => run.VersionId));
                before = page.Count > 0 ? page[^1].RunId : null;
            }
            while (page.Count == RunsAtATime);
        }

        return versions;
    }

    /// <summary>What has to be set right in its settings; null: nothing.</summary>
    private string? Unusable(string connection)
    {
        try
        {
            _ = connectors.Find(connection);
            return null;
        }
        catch (ActivityException e)
        {
            return e.Message;
        }
    }

    private async Task<string?> KeyWarningAsync(string connection, string entity)
    {
        try
        {
            using var patience = new CancellationTokenSource(AnswersWithin);
            return connectors.Find(connection) is { } crm ? await crm.CheckKeyAsync(entity, anew: true, patience.Token) : null;
        }
        catch (Exception e) when (e is ActivityException or OperationCanceledException)
        {
            // The CRM doesn't say now; it is asked before the first record is made.
            return null;
        }
    }

    // What isn't known is no reason to refuse a flow; what is known may be old, and a table may be new.
    private async Task<bool> LacksTableAsync(string connection, string entity)
    {
        if (metadata.Known(connection) is not { } known || known.Find(entity) is not null)
        {
            return false;
        }

        try
        {
            using var patience = new CancellationTokenSource(AnswersWithin);
            return (await metadata.AskAsync(connection, patience.Token)).Find(entity) is null;
        }
        catch (Exception e) when (e is ActivityException or OperationCanceledException)
        {
            return false;
        }
    }
}
