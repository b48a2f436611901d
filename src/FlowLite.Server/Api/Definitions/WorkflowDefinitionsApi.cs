using FlowLite.Engine.Definitions;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Flows in the shapes of Elsa's REST API; where what is said of an endpoint.</summary>
public static class WorkflowDefinitionsApi
{
    internal const int LargestBody = 10 * 1024 * 1024;

    /// <param name="api">The group <c>/elsa/api</c>.</param>
    public static RouteGroupBuilder MapWorkflowDefinitionsApi(this RouteGroupBuilder api)
    {
        // Beyond what is accepted, so that a body that is too large is answered in Elsa's shape.
        var group = api.MapGroup("").AddEndpointFilter(AnswerAsync).WithMetadata(new RequestSizeLimitAttribute(4L * LargestBody));
        group.MapDefinitionQueries();
        group.MapDefinitionWrites();
        group.MapBulkActions();
        group.MapDefinitionFiles();
        group.MapDefinitionGraph();
        group.MapActivityTests();
        return api;
    }

    private static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (InvalidDefinitionException e)
        {
            return ElsaErrors.Invalid(e.Problems);
        }
    }
}
