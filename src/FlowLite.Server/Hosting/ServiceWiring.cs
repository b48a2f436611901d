using System.Net;
using FlowLite.Activities;
using FlowLite.Crm;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Scheduling;
using FlowLite.Engine.Secure;
using FlowLite.Persistence;
using FlowLite.Server.Api;
using FlowLite.Server.Api.Definitions;
using FlowLite.Server.Api.Instances;
using FlowLite.Server.Api.Reference;
using FlowLite.Server.Auth;
using FlowLite.Server.Crm;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Pages;
using FlowLite.Server.Plugins;
using FlowLite.Server.Studio;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowLite.Server.Hosting;

/// <summary>Every service of the server, in one place.</summary>
public static class ServiceWiring
{
    public static IServiceCollection AddFlowLite(
        this IServiceCollection services, IConfiguration configuration, FlowLiteOptions options, DataDirectory directory)
    {
        services.AddSingleton(options);
        services.AddSingleton(directory);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new StartConsole(Console.Out));
        services.AddDataProtection().SetApplicationName("FlowLite").PersistKeysToFileSystem(new DirectoryInfo(directory.KeyRing)).ProtectKeys(options);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = EngineLifetime.StopsWithin);
        services.Configure<ForwardedHeadersOptions>(forwarded => Trust(forwarded, options.TrustedProxies));
        services.AddFlowLiteAuth();
        services.AddFlowLitePages();

        services.AddFlowLitePersistence(directory.Root);
        services.AddSingleton(OutboundOptions.Read(configuration));
        services.AddSingleton<PluginsFolder>();
        services.AddEngine(configuration);
        services.AddFlowLiteActivities(
            (provider, name) => provider.GetRequiredService<ConnectionCatalog>().Find(name),
            (provider, registry) => provider.GetRequiredService<PluginsFolder>().AddTo(registry));
        services.AddFlowLiteTriggers();
        services.AddHttpEndpoints();
        services.AddInstances();
        services.AddEmbeddedCrm(directory);
        services.AddStudioDescriptors();
        services.AddApiReference();

        services.AddSingleton<OwnAddress>();
        services.AddCrmConnections();
        services.AddSingleton<WorkflowsFolder>();
        services.AddSingleton<StartBanner>();
        services.AddSingleton<EngineLifetime>();
        services.AddHostedService(provider => provider.GetRequiredService<EngineLifetime>());
        return services;
    }

    private static void AddEngine(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(FlowLiteOptions.ReadEngine(configuration));
        services.AddSingleton(ExpressionLanguages.Default);
        services.AddSingleton<WorkflowCompiler>();
        services.AddSingleton<FlowCatalog>();
        services.AddSingleton<FlowReferences>();
        services.AddSingleton<IValueProtector, ProtectedValues>();
        services.AddSingleton<SecureValues>();
        services.AddSingleton<RunService>();
        services.AddSingleton<FlowSchedules>();
        services.AddSingleton<ActivityTrial>();
        services.AddSingleton<DefinitionWriter>();
        services.AddSingleton<StudioDocuments>();
        services.AddSingleton<DefinitionAnswers>();
        services.AddSingleton<DefinitionConsumers>();
        services.AddSingleton(provider => new DefinitionService(
            provider.GetRequiredService<IDefinitionStore>(),
            provider.GetRequiredService<WorkflowCompiler>(),
            provider.GetRequiredService<FlowCatalog>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<SecretProtector>().Protect,
            async workflow =>
            [
                .. await provider.GetRequiredService<ConnectionReferences>().CheckAsync(workflow),
                .. await provider.GetRequiredService<EndpointChecks>().CheckAsync(workflow),
                .. await provider.GetRequiredService<FlowReferences>().CheckAsync(workflow),
            ]));
    }

    private static void AddEmbeddedCrm(this IServiceCollection services, DataDirectory directory)
    {
        services.AddCrm(crm =>
        {
            crm.DataDirectory = directory.Crm;
            crm.AlsoAuthorize = AuthHosting.IsAdminAsync;
        });
        services.AddOptions<CrmOptions>().Configure<IDataProtectionProvider>((crm, protection) => crm.ClientSecret = directory.LoadCrmClientSecret(protection));
    }

    private static void Trust(ForwardedHeadersOptions forwarded, IReadOnlyList<string> proxies)
    {
        forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        // As many hops as are trusted; the first that isn't ends the chain.
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
            {
                forwarded.KnownProxies.Add(address);
            }
            else
            {
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
            }
        }
    }
}
