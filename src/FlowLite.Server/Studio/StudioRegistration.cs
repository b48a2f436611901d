using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.Server.Crm;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Studio;

public static class StudioRegistration
{
    /// <summary>
    /// The activities of the registry and their choices. Further <see cref="StudioActivitySource"/>s and
    /// <see cref="StudioOptionsSource"/>s may be registered beside them.
    /// </summary>
    public static IServiceCollection AddStudioDescriptors(this IServiceCollection services) => services
        .AddSingleton<StudioActivities>()
        .AddSingleton<StudioActivitySource>(provider =>
        {
            IReadOnlyList<StudioActivity> known = [.. provider.GetRequiredService<ActivityRegistry>().Descriptors.Select(ActivityDescriptions.Describe)];
            return () => known;
        })
        .AddSingleton<StudioActivitySource>(() => ElsaActivities.All)
        .AddSingleton<CrmMetadataCache>()
        .AddHostedService<CrmMetadataWarmup>()
        .AddSingleton<KnownTables>(provider => provider.GetRequiredService<CrmMetadataCache>().RecentTableOf)
        .AddSingleton<RecordViews>()
        .AddSingleton<StudioActivitySource>(provider =>
        {
            var views = provider.GetRequiredService<RecordViews>();
            return () => views.Activities;
        })
        .AddSingleton<FlowActivities>()
        .AddSingleton<StudioActivitySource>(provider =>
        {
            var flows = provider.GetRequiredService<FlowActivities>();
            return () => flows.Activities;
        })
        .AddSingleton<EntityNames>(provider => provider.GetRequiredService<RecordViews>().EntitiesAsync)
        .AddSingleton<StudioOptionsSource>(provider => new RecordChoices(
            provider.GetRequiredService<ConnectionCatalog>(), provider.GetService<EntityNames>()).FindAsync);
}
