using FlowLite.Engine.Expressions;

namespace FlowLite.Server.Api.Descriptors;

/// <summary>What the Studio asks before it shows anything.</summary>
internal static class DescriptorsApi
{
    public static RouteGroupBuilder MapDescriptorsApi(this RouteGroupBuilder api)
    {
        api.MapActivityDescriptorsApi();
        var descriptors = api.MapGroup("/descriptors");
        descriptors.MapGet("/expression-descriptors", (ExpressionLanguages languages) => Json(ExpressionDescriptors.Of(languages)))
            .WithSummary("The languages of expressions").Produces<ItemsDto<ExpressionDescriptorDto>>();
        descriptors.MapGet("/workflow-activation-strategies", () => Json(Strategies.Activation))
            .WithSummary("When a trigger starts a run").Produces<ItemsDto<StrategyDto>>();
        descriptors.MapGet("/incident-strategies", () => Json(Strategies.Incident))
            .WithSummary("What follows when an activity fails").Produces<ItemsDto<StrategyDto>>();
        descriptors.MapGet("/log-persistence-strategies", () => Json(Strategies.LogPersistence))
            .WithSummary("What of an activity is kept in the run's history").Produces<ItemsDto<StrategyDto>>();
        descriptors.MapGet("/commit-strategies/workflows", () => Json(Strategies.Commit))
            .WithSummary("When a run is committed: no choice here").Produces<ItemsDto<CommitStrategyDto>>();
        descriptors.MapGet("/commit-strategies/activities", () => Json(Strategies.Commit))
            .WithSummary("When a run is committed around an activity: no choice here").Produces<ItemsDto<CommitStrategyDto>>();
        descriptors.MapGet("/storage-drivers", () => Json(Strategies.StorageDrivers))
            .WithSummary("Where variables are kept").Produces<StorageDriversDto>();
        descriptors.MapGet("/variables", () => Json(Strategies.VariableTypes))
            .WithSummary("The types of variables, inputs and outputs").Produces<VariableTypesDto>();
        descriptors.MapGet("/output-converters", () => Json(new ItemsDto<OutputConverterDto>([])))
            .WithSummary("What can convert an output before it is bound: nothing has to, values are JSON").Produces<ItemsDto<OutputConverterDto>>();
        return api;
    }

    private static IResult Json<T>(T value) => Results.Json(value, ApiJson.Options);
}
