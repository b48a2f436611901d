using FlowLite.Crm.Api;
using FlowLite.Crm.Auth;
using FlowLite.Crm.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FlowLite.Crm;

/// <summary>Mounts the CRM in an ASP.NET Core application.</summary>
public static class CrmHosting
{
    /// <summary>Adds the CRM with settings from code.</summary>
    public static IServiceCollection AddCrm(this IServiceCollection services, Action<CrmOptions> configure)
    {
        services.AddOptions<CrmOptions>()
            .Configure(configure)
            .Validate(options => options.DataDirectory.Length > 0, "Crm:DataDirectory is required.")
            .Validate(options => options.ClientId.Length > 0, "Crm:ClientId must not be empty.")
            .Validate(options => options.ClientSecret.Length > 0, "Crm:ClientSecret is required.");
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new CrmStore(Options(provider).DataDirectory, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(CreateGate);
        services.TryAddSingleton<DataApi>();
        services.TryAddSingleton<TokenApi>();
        return services;
    }

    /// <summary>Adds the CRM with settings from a configuration section: DataDirectory, ClientId, ClientSecret.</summary>
    public static IServiceCollection AddCrm(this IServiceCollection services, IConfiguration section) =>
        services.AddCrm(section.Bind);

    /// <summary>
    /// Maps the Web API at <c>{prefix}/api/data/v9.2/</c> and the token endpoint at <c>{prefix}/oauth2/v2.0/token</c>
    /// (also under <c>{prefix}/{tenant}</c>), and opens the database. The endpoints allow anonymous callers as far as the
    /// host is concerned: the CRM authorizes by itself.
    /// </summary>
    /// <param name="prefix">A path that starts with a slash, or nothing for the root.</param>
    /// <exception cref="OptionsValidationException">A required setting is missing.</exception>
    /// <exception cref="IOException">The data directory cannot be used, or another process has it open.</exception>
    public static IEndpointRouteBuilder MapCrm(this IEndpointRouteBuilder endpoints, string prefix = "/crm")
    {
        var mount = prefix.TrimEnd('/');
        var data = endpoints.ServiceProvider.GetRequiredService<DataApi>();
        var tokens = endpoints.ServiceProvider.GetRequiredService<TokenApi>();
        Map(endpoints, mount, DataApi.Root + "/{**path}", data.HandleAsync);
        Map(endpoints, mount, "/oauth2/v2.0/token", tokens.HandleAsync);
        Map(endpoints, mount, "/{tenant}/oauth2/v2.0/token", tokens.HandleAsync);
        return endpoints;
    }

    private static void Map(IEndpointRouteBuilder endpoints, string mount, string pattern, RequestDelegate handler) =>
        endpoints.Map(mount + pattern, handler).AllowAnonymous().WithMetadata(new CrmMount(mount));

    private static CrmGate CreateGate(IServiceProvider provider)
    {
        // The store makes the directory and holds it, so only its owner makes the secret.
        provider.GetRequiredService<CrmStore>();
        var options = Options(provider);
        return new CrmGate(CrmSecret.Load(options.DataDirectory), options, provider.GetRequiredService<TimeProvider>());
    }

    private static CrmOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<CrmOptions>>().Value;
}
