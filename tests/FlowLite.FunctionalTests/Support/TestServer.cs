using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Server.Crm;
using FlowLite.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Support;

/// <summary>The real server in this process: Kestrel on a free port, a data directory of its own. It can be stopped and started again on the same data.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    /// <summary>Among the settings: also a server with connections of its own asks their CRMs for their tables when it starts.</summary>
    public const string AsksAtStart = "AsksAtStart";

    private readonly string _root = Directory.CreateTempSubdirectory("flowlite-server-").FullName;
    private readonly string[] _settings;
    private readonly Action<IServiceCollection>? _configure;
    private readonly List<HttpClient> _clients = [];
    // The CRMs of tests answer in an order and are counted: no question at start comes between, unless the test is about that.
    private readonly bool _asksOnlyWhenAsked;
    private StringWriter _output = new();
    private WebApplication _app = null!;

    private TestServer(string[] settings, Action<IServiceCollection>? configure)
    {
        _settings = [.. settings.Where(setting => setting != AsksAtStart)];
        _asksOnlyWhenAsked = _settings.Length == settings.Length && settings.Any(setting => setting.StartsWith("FlowLite:Connections:", StringComparison.Ordinal));
        _configure = configure;
        Directory.CreateDirectory(WorkflowsDirectory);
    }

    public string DataDirectory => Path.Combine(_root, "data");

    /// <summary>Empty at first; what is put there is imported at the next start.</summary>
    public string WorkflowsDirectory => Path.Combine(_root, "workflows");

    public Uri Address { get; private set; } = null!;

    /// <summary>Without credentials.</summary>
    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    /// <summary>What the server has printed since it started last.</summary>
    public string Output => _output.ToString();

    /// <param name="settings"><c>FlowLite:PublicUrl=https://flows.example</c>; one that is named twice has its last value.</param>
    public static Task<TestServer> StartAsync(params string[] settings) => StartAsync(null, settings);

    /// <param name="configure">Replaces services.</param>
    /// <param name="settings">As above.</param>
    /// <param name="prepare">Given the server before its first start, to fill its folders.</param>
    public static async Task<TestServer> StartAsync(Action<IServiceCollection>? configure, string[] settings, Action<TestServer>? prepare = null)
    {
        var server = new TestServer(settings, configure);
        prepare?.Invoke(server);
        try
        {
            await server.StartAppAsync([]);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops in order and starts again on the same data, at another port.</summary>
    /// <param name="settings">Beside those of the first start.</param>
    public async Task RestartAsync(params string[] settings)
    {
        await StopAsync();
        await StartAppAsync(settings);
    }

    /// <summary>Starts again on the same data after <see cref="StopAsync"/>.</summary>
    public Task StartAgainAsync(params string[] settings) => StartAppAsync(settings);

    public async Task StopAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>A client with the administrator's access token.</summary>
    public async Task<HttpClient> SignInAsync(string password = Password)
    {
        var answer = await LoginAsync(password);
        answer.GetProperty("isAuthenticated").GetBoolean().Should().BeTrue();
        return NewClient(answer.GetProperty("accessToken").GetString());
    }

    public async Task<JsonElement> LoginAsync(string password, string username = "admin")
    {
        using var answer = await Client.PostAsJsonAsync("/elsa/api/identity/login", new { username, password });
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public HttpClient NewClient(string? token = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        Directory.Delete(_root, recursive: true);
    }

    private async Task StartAppAsync(string[] settings)
    {
        _output = new StringWriter();
        string[] defaults =
        [
            "urls=http://127.0.0.1:0",
            "Logging:LogLevel:Default=None",
            "Logging:LogLevel:FlowLite=None",
            $"FlowLite:DataDirectory={DataDirectory}",
            $"FlowLite:WorkflowsDirectory={WorkflowsDirectory}",
            $"FlowLite:AdminPassword={Password}",
        ];
        // An empty value takes a default back.
        var merged = defaults.Concat(_settings).Concat(settings)
            .Select(setting => setting.Split('=', 2))
            .GroupBy(pair => pair[0])
            .Select(group => group.Last())
            .Where(pair => pair[1].Length > 0)
            .Select(pair => $"--{pair[0]}={pair[1]}");
        _app = FlowLiteHost.Build([.. merged], services =>
        {
            services.AddSingleton(new StartConsole(_output));
            if (_asksOnlyWhenAsked)
            {
                services.Remove(services.Single(service => service.ImplementationType == typeof(CrmMetadataWarmup)));
            }

            _configure?.Invoke(services);
        });
        await _app.StartAsync();
        Address = new Uri(_app.Urls.First());
        Client = NewClient();
    }
}
