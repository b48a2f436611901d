using System.Reflection;
using FlowLite.Engine.Expressions;
using FlowLite.Server.Api.Descriptors;

namespace FlowLite.Server.Api;

/// <summary>What this server can do, in Elsa's names. Some of them switch parts of the Studio on, so only what works is told.</summary>
internal static class FeaturesApi
{
    private static readonly (string Name, string Description)[] Always =
    [
        ("DefaultAuthentication", "Sign-in with access tokens."),
        ("Expressions", "Expressions in activities' inputs."),
        ("Flowchart", "Activities with connections between them."),
        ("Http", "Triggers and answers over HTTP."),
        ("Identity", "The administrator's account."),
        ("RealTimeWorkflowUpdates", "Runs are shown live."),
        ("Scheduling", "Waits that outlive the server."),
        ("WorkflowDefinitions", "Flows and their versions."),
        ("WorkflowInstances", "Runs and their history."),
        ("WorkflowManagement", "Saving, publishing and retracting flows."),
        ("WorkflowRuntime", "Running flows."),
        ("Workflows", "Flows."),
        ("WorkflowsApi", "The REST API."),
    ];

    // Each is a feature of its own in Elsa.
    private static readonly (string Name, string Description)[] Languages =
    [
        ("JavaScript", "Expressions in JavaScript."),
        ("Liquid", "Expressions in Liquid."),
    ];

    public static RouteGroupBuilder MapFeaturesApi(this RouteGroupBuilder api)
    {
        var features = api.MapGroup("/features/installed");
        features.MapGet("/", (ExpressionLanguages languages) => Results.Json(new ItemsDto<FeatureDto>(Installed(languages)), ApiJson.Options))
            .WithSummary("What this server can do").Produces<ItemsDto<FeatureDto>>();
        features.MapGet("/{fullName}", Get)
            .WithSummary("Whether this server can do one thing").Produces<FeatureDto>().Produces(StatusCodes.Status404NotFound);
        api.MapGet("/package/version", () => Results.Json(new PackageVersionDto(Version), ApiJson.Options))
            .WithSummary("The server's version").Produces<PackageVersionDto>();
        return api;
    }

    /// <summary>Without what a build adds to it.</summary>
    private static string Version { get; } = typeof(FeaturesApi).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static IResult Get(string fullName, ExpressionLanguages languages) =>
        Installed(languages).FirstOrDefault(feature => feature.FullName == fullName) is { } feature
            ? Results.Json(feature, ApiJson.Options)
            : Results.NotFound();

    private static List<FeatureDto> Installed(ExpressionLanguages languages) =>
    [
        .. Always.Concat(Languages.Where(language => languages.Names.Contains(language.Name)))
            .OrderBy(feature => feature.Name, StringComparer.Ordinal)
            .Select(feature => new FeatureDto(feature.Name, "Elsa", $"Elsa.{feature.Name}", feature.Name, feature.Description)),
    ];

    private sealed record FeatureDto(string Name, string Namespace, string FullName, string DisplayName, string Description);

    private sealed record PackageVersionDto(string PackageVersion);
}
