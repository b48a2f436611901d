using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Triggers;

/// <summary>The real server with flows of a test's making; calls to triggers without sign-in, calls to the API with it.</summary>
public sealed class TriggerHost : IAsyncLifetime, IAsyncDisposable
{
    private readonly Action<IServiceCollection>? _configure;
    private readonly string[] _settings;
    private TestServer _server = null!;

    public TriggerHost()
        : this(null, [])
    {
    }

    private TriggerHost(Action<IServiceCollection>? configure, string[] settings) => (_configure, _settings) = (configure, settings);

    /// <summary>Without credentials.</summary>
    public HttpClient Client => _server.Client;
    /// <summary>The administrator's.</summary>
    public HttpClient Api { get; private set; } = null!;
    public Uri Address => _server.Address;
    public IServiceProvider Services => _server.Services;
    public string DataDirectory => _server.DataDirectory;

    public static async Task<TriggerHost> StartAsync(Action<IServiceCollection>? configure = null, params string[] settings)
    {
        var host = new TriggerHost(configure, settings);
        await host.InitializeAsync();
        return host;
    }

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(_configure, _settings);
        Api = await _server.SignInAsync();
    }

    public Task StopAsync() => _server.StopAsync();

    /// <summary>Starts again on the same data after <see cref="StopAsync"/>, at another port.</summary>
    public async Task StartAgainAsync(params string[] settings)
    {
        await _server.StartAgainAsync(settings);
        Api = await _server.SignInAsync();
    }

    /// <summary>A flow that starts with a request; its settings as JSON members, the activities after it as JSON objects.</summary>
    public async Task<PublishedFlow> PublishAsync(string id, string settings = "", params string[] activities)
    {
        var request = JsonNode.Parse($$"""{"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request"{{(settings.Length > 0 ? "," : "")}}{{settings}}}""");
        var document = new JsonObject
        {
            ["definitionId"] = id,
            ["name"] = "Flow of Zoë",
            ["root"] = new JsonObject
            {
                ["id"] = "root",
                ["type"] = "Elsa.Sequence",
                ["version"] = 1,
                ["activities"] = new JsonArray([request, .. activities.Select(a => JsonNode.Parse(a))]),
            },
        };
        await Services.GetRequiredService<DefinitionService>().SaveAsync(JsonSerializer.SerializeToElement(document), publish: true);
        return Services.GetRequiredService<FlowCatalog>().Find(id)!;
    }

    /// <summary>Path and query of the trigger's signed URL.</summary>
    public string Url(PublishedFlow flow, KeyType key = KeyType.Primary, string relativePath = "") =>
        new Uri(Services.GetRequiredService<TriggerUrls>().Create(flow, "manual", Address, key, relativePath)).PathAndQuery;

    /// <summary>With their bodies.</summary>
    public async Task<IReadOnlyList<InboxEntry>> InboxAsync(string flow, int limit = 1000)
    {
        var store = Services.GetRequiredService<IRunStore>();
        var entries = new List<InboxEntry>();
        foreach (var entry in await store.ListInboxAsync(flow, null, limit))
        {
            entries.Add(SealedInbox.Open((await store.FindInboxAsync(entry.Id))!, Services.GetRequiredService<SecureValues>()));
        }

        return entries;
    }

    public async Task<JsonElement> RunAsync(string flow, string runId)
    {
        using var answer = await Api.GetAsync($"/api/flows/{flow}/runs/{runId}");
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.Should().BeTrue(text);
        return JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 512 });
    }

    public async Task<JsonElement> EndedRunAsync(string flow, string runId)
    {
        JsonElement run = default;
        await Eventually.UntilAsync(
            async () => (run = await RunAsync(flow, runId)).GetProperty("status").GetString() is not ("Running" or "Waiting"),
            "the run's end");
        return run;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
}

internal static class TriggerAnswerExtensions
{
    public static async Task<(int Status, string? Code, string? Message)> ErrorAsync(this HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/json", text);
        var root = JsonElement.Parse(text);
        root.EnumerateObject().Should().ContainSingle();
        var error = root.GetProperty("error");
        return ((int)answer.StatusCode, error.GetProperty("code").GetString(), error.GetProperty("message").GetString());
    }

    /// <returns>The message.</returns>
    public static async Task<string?> ShouldBeErrorAsync(this HttpResponseMessage answer, int status, string code)
    {
        var error = await answer.ErrorAsync();
        (error.Status, error.Code).Should().Be((status, code), error.Message);
        return error.Message;
    }

    public static string Header(this HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();
}
