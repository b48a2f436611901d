using FlowLite.Activities.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using Microsoft.AspNetCore.Authorization;

namespace FlowLite.Server.Endpoints;

/// <summary>What keeps a flow with HTTP endpoints from being published: settings that don't work, paths that are taken.</summary>
public sealed class EndpointChecks(EndpointRoutes routes, FlowCatalog flows, IInlineConstraintResolver constraints, IAuthorizationPolicyProvider policies)
{
    private static readonly HashSet<string> Methods = ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS"];

    public async Task<IReadOnlyList<DefinitionProblem>> CheckAsync(CompiledWorkflow workflow)
    {
        var problems = new List<DefinitionProblem>();
        var taken = new HashSet<(string Method, string Shape)>();
        var others = flows.All.Values.Where(flow => flow.Definition.DefinitionId != workflow.Definition.DefinitionId)
            .SelectMany(routes.Of).SelectMany(e => e.Settings.Methods.Select(method => (method, e.Template.Shape))).ToHashSet();
        foreach (var node in workflow.Nodes.Values.Where(n => n.Activity is HttpEndpoint))
        {
            if (await ReadAsync(node, problems) is var (settings, template) && node.CanStartWorkflow)
            {
                foreach (var method in settings.Methods)
                {
                    Claim(node, settings, (method, template.Shape), taken, others, problems);
                }
            }
        }

        return problems;
    }

    private static void Claim(
        ActivityNode node, EndpointSettings settings, (string Method, string Shape) route, HashSet<(string, string)> taken, HashSet<(string, string)> others, List<DefinitionProblem> problems)
    {
        if (others.Contains(route))
        {
            // Elsa's own words.
            problems.Add(new DefinitionProblem(null, "", $"The {settings.Path} path and {route.Method.ToLowerInvariant()} method are already in use by another workflow!"));
        }
        else if (!taken.Add(route))
        {
            problems.Add(Problem(node, "path", $"Two endpoints of this flow have the path {settings.Path} and the method {route.Method}."));
        }
    }

    private async Task<(EndpointSettings, EndpointTemplate)?> ReadAsync(ActivityNode node, List<DefinitionProblem> problems)
    {
        EndpointSettings? settings;
        try
        {
            settings = ((HttpEndpoint)node.Activity).FixedSettings;
        }
        catch (ActivityException)
        {
            // A constant of the wrong type, which the compiler tells.
            return null;
        }

        if (settings is null)
        {
            if (node.CanStartWorkflow)
            {
                problems.Add(Problem(node, "path", "An endpoint that starts the flow is known before any run is: its settings are Literal or Object values, not other expressions."));
            }

            return null;
        }

        foreach (var method in settings.Methods.Where(m => !Methods.Contains(m)))
        {
            problems.Add(Problem(node, "supportedMethods", $"'{method}' is none of {string.Join(", ", Methods)}."));
        }

        if (settings is { Authorize: true, Policy: { } policy } && await policies.GetPolicyAsync(policy) is null)
        {
            problems.Add(Problem(node, "policy", $"There is no policy '{policy}' here. Without one, every signed-in caller is let in."));
        }

        try
        {
            var template = EndpointTemplate.Parse(settings.Path, constraints);
            if (template.SecondSegment?.Equals("triggers", StringComparison.OrdinalIgnoreCase) == true)
            {
                problems.Add(Problem(node, "path", $"Paths such as /…/triggers/… belong to the signed URLs of flows; {settings.Path} can't be used."));
            }

            return (settings, template);
        }
        catch (FormatException e)
        {
            problems.Add(Problem(node, "path", $"{settings.Path} is no path: {e.Message}"));
            return null;
        }
    }

    private static DefinitionProblem Problem(ActivityNode node, string input, string message) =>
        new(node.Id, $"{node.Path}/{input}", message) { ActivityName = node.Name };
}
