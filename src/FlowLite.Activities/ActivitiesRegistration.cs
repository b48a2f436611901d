using FlowLite.Activities.Crm;
using FlowLite.Activities.Crm.Gates;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowLite.Activities;

public static class ActivitiesRegistration
{
    /// <summary>The built-in activities.</summary>
    public static IEnumerable<Type> Types => ActivityRegistry.In(typeof(ActivitiesRegistration).Assembly);

    /// <summary>
    /// The built-in activities (<see cref="ActivityRegistry"/>) and the <see cref="Connections"/> they use.
    /// A service of these types that is registered before wins: a replay brings its own connections.
    /// </summary>
    /// <param name="settings">A connection's settings by its name, asked for at each use; null: there is none.</param>
    /// <param name="addMore">Adds activities that are not built in.</param>
    public static IServiceCollection AddFlowLiteActivities(
        this IServiceCollection services, Func<IServiceProvider, string, ConnectionSettings?> settings, Func<IServiceProvider, ActivityRegistry, ActivityRegistry>? addMore = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PendingResponses>();
        services.TryAddSingleton(new EngineOptions());
        services.TryAddSingleton<LargeBodies>();
        services.TryAddSingleton(new OutboundSettings());
        services.TryAddSingleton<IHttpSender, HttpSender>();
        services.TryAddSingleton(provider => new CrmConnectors(name => settings(provider, name), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<ConnectionGates>();
        services.TryAddSingleton(provider => new Connections(provider.GetRequiredService<CrmConnectors>().Find, provider.GetService<ConnectionGates>(), provider.GetService<KnownTables>()));
        services.TryAddSingleton(provider =>
        {
            var registry = new ActivityRegistry(Types, type => (Activity)ActivatorUtilities.CreateInstance(provider, type));
            return addMore is null ? registry : addMore(provider, registry);
        });
        return services;
    }
}
