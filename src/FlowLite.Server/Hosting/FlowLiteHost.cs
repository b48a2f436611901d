using System.Net;
using System.Security.Cryptography;
using FlowLite.Crm;
using FlowLite.Server.Api;
using FlowLite.Server.Api.Definitions;
using FlowLite.Server.Api.Instances;
using FlowLite.Server.Api.Reference;
using FlowLite.Server.Auth;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Pages;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Hosting;

/// <summary>Puts the server together: the program and the tests use the same.</summary>
public static class FlowLiteHost
{
    private const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Runs until it is told to stop. What keeps it from starting is one line on standard error.</summary>
    /// <returns>0; 1 when it could not start.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        WebApplication app;
        try
        {
            app = await StartAsync(args);
        }
        catch (Exception e) when (IsTheOperators(e))
        {
            await Console.Error.WriteLineAsync($"FlowLite can't start: {Reason(e).ReplaceLineEndings(" ")}");
            return 1;
        }

        await using (app)
        {
            await app.WaitForShutdownAsync();
        }

        return 0;
    }

    private static async Task<WebApplication> StartAsync(string[] args)
    {
        var app = Build(args);
        try
        {
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The framework refuses its own settings in many ways: addresses, certificates, log levels, an appsettings.json that is no JSON. What our own
    /// code does wrong keeps its stack trace.
    /// </summary>
    private static bool IsTheOperators(Exception e) => e is StartupException or IOException or UnauthorizedAccessException or OptionsValidationException
        or InvalidDataException or CryptographicException
        || (e is FormatException or ArgumentException or InvalidOperationException && e.Source?.StartsWith("Microsoft.", StringComparison.Ordinal) == true);

    private static string Reason(Exception e) => e switch
    {
        { InnerException: AddressInUseException } => $"{e.Message} Choose another one, such as --urls http://127.0.0.1:5090.",
        CryptographicException => $"A certificate or key can't be used: {e.Message}",
        InvalidDataException => $"{e.Message} {e.GetBaseException().Message}",
        _ => e.Message,
    };

    /// <param name="args"><c>--urls</c>, and any setting as <c>--FlowLite:Name value</c>.</param>
    /// <param name="configure">Replaces services, in tests.</param>
    /// <exception cref="StartupException">A setting is wrong, or the data directory can't be used.</exception>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? configure = null)
    {
        // The settings' folder is the caller's, with the data in it: watching it for changed settings would be woken by each commit.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        // Weaker than every other source of settings.
        builder.Configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = Defaults });
        UseDefaultUrl(builder);
        var options = FlowLiteOptions.Read(builder.Configuration);
        var directory = new DataDirectory(options.DataDirectory);

        builder.Services.AddFlowLite(builder.Configuration, options, directory);
        // Requests are short and never block: they run where their bytes arrived.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel((_, kestrel) =>
        {
            kestrel.AddServerHeader = false;
            // Flow's URLs may have 16,384 characters; the method and the protocol stand on the same line.
            kestrel.Limits.MaxRequestLineSize = 16_384 + 64;
            var own = kestrel.ApplicationServices.GetRequiredService<OwnAddress>();
            kestrel.ConfigureHttpsDefaults(https => https.OnAuthenticate = (_, tls) => own.Showing(tls));
        });
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseFlowLite(options);
        return app;
    }

    // Query strings carry signatures: nothing of the framework logs requests below a warning.
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:System"] = "Warning",
        // It says nothing at a level that is on, but would make an activity and a scope for each request.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        // The keys are protected by the folder's mode; a warning at each first start would only teach to overlook warnings.
        ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
        // Pages forbid caching themselves; that each form forbids it too is no news.
        ["Logging:LogLevel:Microsoft.AspNetCore.Antiforgery"] = "Error",
        // What keeps the server from starting is told once, by RunAsync.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "Critical",
    };

    private static void UseDefaultUrl(WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        CheckAddresses("urls", configuration["urls"]);
        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
        {
            CheckAddresses($"{endpoint.Path}:Url", endpoint["Url"]);
        }

        string[] keys = ["urls", "http_ports", "https_ports"];
        if (keys.All(key => string.IsNullOrEmpty(configuration[key])) && !configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }
    }

    /// <summary>Kestrel's own refusals don't say where the address stands.</summary>
    private static void CheckAddresses(string setting, string? addresses)
    {
        foreach (var address in addresses?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            if (!IsAddress(address))
            {
                throw new StartupException($"{setting} has '{address}'. It takes addresses such as http://127.0.0.1:5080 and https://*:443.");
            }
        }
    }

    private static bool IsAddress(string address)
    {
        try
        {
            var parsed = BindingAddress.Parse(address);
            return parsed.Scheme.ToUpperInvariant() is "HTTP" or "HTTPS" && (parsed.IsUnixPipe || parsed.IsNamedPipe || parsed.Port is >= 0 and <= IPEndPoint.MaxPort);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static void UseFlowLite(this WebApplication app, FlowLiteOptions options)
    {
        if (options.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }

        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = Failures.AnswerAsync, SuppressDiagnosticsCallback = Failures.IsTheCallers });
        app.Use(NotFoundModel.AnswerAsync);
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api => api.UseStatusCodePages(Failures.SayAsync));
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();

        app.MapHealthApi();
        app.MapConnectionsApi();
        app.MapFlowLiteTriggers();
        app.MapHttpEndpoints();
        app.MapEmbeddedCrm(options);
        app.MapGroup("/elsa/api").MapIdentityApi().MapWorkflowDefinitionsApi().MapStudioApi();
        app.MapFlowLitePages();
        app.MapApiReference();
        app.MapInstances();
    }

    // The first to open its files, so the one that meets another server on the same folder.
    private static void MapEmbeddedCrm(this WebApplication app, FlowLiteOptions options)
    {
        try
        {
            app.MapCrm("/" + ConnectionCatalog.CrmPath);
        }
        catch (IOException e)
        {
            throw new StartupException($"The data directory '{options.DataDirectory}' is used by another server, or can't be used: {e.Message}", e);
        }
    }
}
