using FlowLite.Activities.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Endpoints;

/// <summary>An endpoint that starts runs.</summary>
internal sealed record StartEndpoint(PublishedFlow Flow, ActivityNode Node, EndpointSettings Settings, EndpointTemplate Template);

/// <summary>The endpoints of all published flows, by which requests find theirs. Made anew when a flow was published or retracted.</summary>
public sealed class EndpointRoutes(FlowCatalog flows, IInlineConstraintResolver constraints)
{
    private volatile Table _table = new(null);

    /// <summary>The endpoint of a request; null: there is none.</summary>
    /// <param name="path">Decoded but for slashes.</param>
    internal (StartEndpoint Endpoint, IReadOnlyDictionary<string, string> Values)? Find(string method, string path, HttpContext http)
    {
        var table = Current;
        if (table.Literals.TryGetValue((method, path.ToLowerInvariant()), out var literal))
        {
            return (literal, new Dictionary<string, string>());
        }

        foreach (var endpoint in table.Templates)
        {
            if (endpoint.Settings.Methods.Contains(method) && endpoint.Template.TryMatch(path, http, out var values))
            {
                return (endpoint, values);
            }
        }

        return null;
    }

    /// <summary>The endpoints of a flow that start it. One that can't be read any more is left out.</summary>
    internal IEnumerable<StartEndpoint> Of(PublishedFlow flow)
    {
        foreach (var node in flow.Workflow?.Triggers<HttpEndpoint>() ?? [])
        {
            if (Read(node) is var (settings, template))
            {
                yield return new StartEndpoint(flow, node, settings, template);
            }
        }
    }

    /// <summary>Every endpoint that starts runs, by path.</summary>
    internal IReadOnlyList<StartEndpoint> All => Current.All;

    private Table Current
    {
        get
        {
            var known = flows.All;
            var table = _table;
            return ReferenceEquals(table.Of, known) ? table : _table = Make(known);
        }
    }

    private Table Make(IReadOnlyDictionary<string, PublishedFlow> known)
    {
        var table = new Table(known);
        // Publishing sees to it that no two are the same; should they be nevertheless, it is the same one each time.
        foreach (var endpoint in known.Values.OrderBy(flow => flow.Definition.DefinitionId, StringComparer.Ordinal).SelectMany(Of))
        {
            table.All.Add(endpoint);
            if (endpoint.Template.Literal is not { } path)
            {
                table.Templates.Add(endpoint);
                continue;
            }

            foreach (var method in endpoint.Settings.Methods)
            {
                table.Literals.TryAdd((method, path), endpoint);
            }
        }

        table.Templates.Sort((a, b) => (a.Template.Precedence, a.Template.Shape).CompareTo((b.Template.Precedence, b.Template.Shape)));
        return table;
    }

    private (EndpointSettings, EndpointTemplate)? Read(ActivityNode node)
    {
        try
        {
            return ((HttpEndpoint)node.Activity).FixedSettings is { } settings ? (settings, EndpointTemplate.Parse(settings.Path, constraints)) : null;
        }
        catch (Exception e) when (e is FormatException or ActivityException)
        {
            return null;
        }
    }

    private sealed class Table(IReadOnlyDictionary<string, PublishedFlow>? of)
    {
        public IReadOnlyDictionary<string, PublishedFlow>? Of => of;
        public List<StartEndpoint> All { get; } = [];
        public Dictionary<(string Method, string Path), StartEndpoint> Literals { get; } = [];
        /// <summary>Those with parameters, the more exact first.</summary>
        public List<StartEndpoint> Templates { get; } = [];
    }
}
