using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FlowLite.Server.Api.Reference;

/// <summary>What the endpoints don't say of themselves: how to sign in, and the triggers, which are no endpoints of the framework's description.</summary>
internal static class ReferenceDocument
{
    public const string Scheme = "Bearer";

    public static OpenApiSecurityRequirement Requirement(OpenApiDocument? document) =>
        new() { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] };

    public static Task CompleteAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "FlowLite",
            Version = "v1",
            Description = "/elsa/api is the REST API that Elsa Studio speaks; /api is FlowLite's own. The embedded CRM at /crm speaks the Dataverse Web API and is described there.",
        };
        // Where the page was loaded from is where its requests go.
        document.Servers?.Clear();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The access token that POST /elsa/api/identity/login gives.",
        };
        document.Paths.Add(TriggerPath, Trigger(document));
        // The framework lists the handlers' classes; what is listed here is what the operations refer to.
        document.Tags = document.Paths.Values.SelectMany(path => path.Operations?.Values.SelectMany(operation => operation.Tags ?? new HashSet<OpenApiTagReference>()) ?? [])
            .Select(tag => tag.Reference.Id!).Distinct().Order(StringComparer.Ordinal).Select(name => new OpenApiTag { Name = name }).ToHashSet();
        return Task.CompletedTask;
    }

    private static string TriggerPath => TriggerEndpoint.Route.Replace("/{**relativePath}", "", StringComparison.Ordinal);

    private static OpenApiPathItem Trigger(OpenApiDocument document)
    {
        var operation = new OpenApiOperation
        {
            Summary = "Starts a flow",
            Description = "The URL that the flow's trigger gives, signature and all; its method is the trigger's (POST unless set otherwise), its body what the trigger's schema says.",
            Tags = new HashSet<OpenApiTagReference> { new("Triggers", document) },
            Parameters =
            [
                Parameter("flowId", ParameterLocation.Path, "The flow's id."),
                Parameter("trigger", ParameterLocation.Path, "The trigger's name, manual unless it was given another."),
                Parameter("api-version", ParameterLocation.Query, TriggerUrls.ApiVersion),
                Parameter("sp", ParameterLocation.Query, "What the signature permits."),
                Parameter("sv", ParameterLocation.Query, "The signature's version."),
                Parameter("sig", ParameterLocation.Query, "The signature."),
            ],
            RequestBody = new OpenApiRequestBody { Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = new OpenApiSchema() } } },
            Responses = new OpenApiResponses
            {
                ["202"] = new OpenApiResponse { Description = "The run is durable. With a Response in the flow, that response instead." },
                ["400"] = new OpenApiResponse { Description = "The request starts no run; it is kept in the inbox with the reason." },
                ["401"] = new OpenApiResponse { Description = "The signature is missing or not valid." },
                ["404"] = new OpenApiResponse { Description = "There is no such flow, trigger or relative path." },
                ["405"] = new OpenApiResponse { Description = "Not the trigger's method." },
                ["413"] = new OpenApiResponse { Description = "The body is larger than the trigger takes." },
                ["429"] = new OpenApiResponse { Description = "As many runs wait as the trigger allows." },
                ["503"] = new OpenApiResponse { Description = "Nothing can be kept now: send it again." },
            },
        };
        return new OpenApiPathItem { Operations = new Dictionary<HttpMethod, OpenApiOperation> { [HttpMethod.Post] = operation } };
    }

    private static OpenApiParameter Parameter(string name, ParameterLocation location, string description) => new()
    {
        Name = name,
        In = location,
        Description = description,
        Required = true,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
