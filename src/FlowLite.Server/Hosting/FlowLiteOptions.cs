using System.Globalization;
using System.Net;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine;

namespace FlowLite.Server.Hosting;

/// <summary>Settings of the server: configuration section <c>FlowLite</c>, as environment variables <c>FlowLite__Name</c>.</summary>
public sealed class FlowLiteOptions
{
    public const string Section = "FlowLite";

    /// <summary>Where everything is kept. Default: <c>data</c> of the folder that the caller stands in.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>Flows that are imported at the start. Default: <c>workflows</c> of the caller's folder, else those beside the server.</summary>
    public string? WorkflowsDirectory { get; set; }

    /// <summary>Assemblies with activities of the operator's own. Default: <c>plugins</c> of the caller's folder, else that beside the server; neither has to be there.</summary>
    public string? PluginsDirectory { get; set; }

    /// <summary>The address under which senders reach the server, such as <c>https://flows.contoso.com</c>. Default: the request's own.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>The password of <c>admin</c>. Default: one is made on the first start and printed once.</summary>
    public string? AdminPassword { get; set; }

    /// <summary>A PFX or PEM file with which the key ring is encrypted. Default: none, the folder's mode protects it.</summary>
    public string? KeyCertificate { get; set; }

    public string? KeyCertificatePassword { get; set; }

    /// <summary>Files of certificates that keys were encrypted with before, separated by semicolons; they have the same password.</summary>
    public string? EarlierKeyCertificates { get; set; }

    /// <summary>
    /// Proxies whose forwarded headers are believed: addresses (<c>10.0.0.7</c>) or networks (<c>10.0.0.0/8</c>), a list or
    /// separated by commas. Default: none.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; private set; } = [];

    /// <summary><c>on</c> or <c>off</c>: whether the HTTP endpoints of flows (Elsa.HttpEndpoint) are served. Off, none answers, whatever flow it is in.</summary>
    public string HttpEndpoints { get; set; } = "on";

    internal bool ServesEndpoints => HttpEndpoints.Equals("on", StringComparison.OrdinalIgnoreCase);

    /// <summary><see cref="PublicUrl"/>, with a slash at the end; null without one.</summary>
    public Uri? PublicAddress => PublicUrl is null ? null : new Uri(PublicUrl.TrimEnd('/') + "/");

    /// <exception cref="StartupException">A setting is wrong; the message says which and how it should be.</exception>
    public static FlowLiteOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var options = section.Get<FlowLiteOptions>() ?? new FlowLiteOptions();
        options.TrustedProxies = ReadList(section.GetSection(nameof(TrustedProxies)));
        options.Validate();
        options.DataDirectory = Path.GetFullPath(options.DataDirectory);
        options.WorkflowsDirectory = Folder(nameof(WorkflowsDirectory), options.WorkflowsDirectory, "workflows");
        options.PluginsDirectory = Folder(nameof(PluginsDirectory), options.PluginsDirectory, "plugins");
        return options;
    }

    /// <exception cref="StartupException">A number that isn't one, or with which no run would come to anything.</exception>
    internal static EngineOptions ReadEngine(IConfiguration configuration)
    {
        var section = configuration.GetSection($"{Section}:Engine");
        var usual = new EngineOptions();
        // Read one by one: what is wrong is to be said as the administrator knows it.
        return new EngineOptions
        {
            SnapshotEvery = Positive(section, nameof(EngineOptions.SnapshotEvery), usual.SnapshotEvery),
            EventsPerRun = Positive(section, nameof(EngineOptions.EventsPerRun), usual.EventsPerRun),
            ConcurrentRunsPerFlow = Positive(section, nameof(EngineOptions.ConcurrentRunsPerFlow), usual.ConcurrentRunsPerFlow),
            BacklogWindow = Positive(section, nameof(EngineOptions.BacklogWindow), usual.BacklogWindow),
            CrashesBeforeQuarantine = Positive(section, nameof(EngineOptions.CrashesBeforeQuarantine), usual.CrashesBeforeQuarantine),
            StoreRetryDelay = Delay(section, nameof(EngineOptions.StoreRetryDelay), usual.StoreRetryDelay),
            LargeBodyMemory = Positive(section, nameof(EngineOptions.LargeBodyMemory), usual.LargeBodyMemory),
        };
    }

    /// <summary>What is set under names that no setting has: misspelt, most likely.</summary>
    internal static IEnumerable<string> Unknown(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        return Others(section, typeof(FlowLiteOptions), "Engine", "Http", "Connections")
            .Concat(Others(section.GetSection("Engine"), typeof(EngineOptions)))
            .Concat(Others(section.GetSection("Http"), typeof(OutboundSettings)));

        static IEnumerable<string> Others(IConfigurationSection section, Type settings, params string[] sections) => section.GetChildren()
            .Where(child => !settings.GetProperties().Where(p => p.CanWrite).Select(p => p.Name).Concat(sections).Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => child.Path);
    }

    private static TimeSpan Delay(IConfigurationSection section, string name, TimeSpan usual) => section[name] is not { } text ? usual
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero && time <= TimeSpan.FromHours(1) ? time
        : throw new StartupException($"{section.Path}:{name} is '{text}'. It has to be a time up to an hour, such as {usual:c}.");

    private static T Positive<T>(IConfigurationSection section, string name, T usual)
        where T : System.Numerics.IBinaryInteger<T> => section[name] is not { } text ? usual
        : T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > T.Zero ? number
        : throw new StartupException($"{section.Path}:{name} is '{text}'. It has to be a whole number from 1; leave it out for {usual}.");

    /// <summary>A list, or a text with commas.</summary>
    internal static IReadOnlyList<string> ReadList(IConfigurationSection section) => section.Value is { } list
        ? list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        : [.. section.GetChildren().Select(child => child.Value ?? "")];

    private void Validate()
    {
        if (!(HttpEndpoints.Equals("on", StringComparison.OrdinalIgnoreCase) || HttpEndpoints.Equals("off", StringComparison.OrdinalIgnoreCase)))
        {
            throw new StartupException($"FlowLite:HttpEndpoints is '{HttpEndpoints}'. It has to be on or off.");
        }

        if (string.IsNullOrWhiteSpace(DataDirectory))
        {
            throw new StartupException("FlowLite:DataDirectory is empty. Give it a folder, or leave it out for ./data.");
        }

        if (PublicUrl is not null
            && !(Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo + url.Query + url.Fragment == ""))
        {
            throw new StartupException($"FlowLite:PublicUrl is '{PublicUrl}'. It has to be an address such as https://flows.contoso.com, without user name, query and fragment.");
        }

        if (AdminPassword is { Length: < 8 })
        {
            throw new StartupException("FlowLite:AdminPassword is too short. Use at least 8 characters.");
        }

        foreach (var proxy in TrustedProxies)
        {
            if (!IPAddress.TryParse(proxy, out _) && !IPNetwork.TryParse(proxy, out _))
            {
                throw new StartupException($"FlowLite:TrustedProxies has '{proxy}'. It takes addresses such as 10.0.0.7 and networks such as 10.0.0.0/8.");
            }
        }
    }

    private static string Folder(string setting, string? configured, string name)
    {
        if (configured is not null)
        {
            return Directory.Exists(configured)
                ? Path.GetFullPath(configured)
                : throw new StartupException($"FlowLite:{setting} is '{configured}', but there is no such folder.");
        }

        var callers = Path.GetFullPath(name);
        return Directory.Exists(callers) ? callers : Path.Combine(AppContext.BaseDirectory, name);
    }
}
