using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities;
using FlowLite.Engine;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Persistence;
using FlowLite.FunctionalTests.Support;
using FlowLite.Persistence;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Triggers;

/// <summary>The triggers and their API on a real Kestrel, the real engine and real SQLite files, without sign-in.</summary>
public sealed class TriggerHost : IAsyncLifetime, IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TimeProvider _time;
    private readonly Action<IServiceCollection> _configure;
    private WebApplication _app = null!;
    private int _versions;

    public TriggerHost()
        : this(TimeProvider.System, _ => { })
    {
    }

    private TriggerHost(TimeProvider time, Action<IServiceCollection> configure) => (_time, _configure) = (time, configure);

    public HttpClient Client { get; private set; } = null!;
    public Uri Address { get; private set; } = null!;
    public IServiceProvider Services => _app.Services;

    public static async Task<TriggerHost> StartAsync(TimeProvider? time = null, Action<IServiceCollection>? configure = null)
    {
        var host = new TriggerHost(time ?? TimeProvider.System, configure ?? (_ => { }));
        await host.InitializeAsync();
        return host;
    }

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var services = builder.Services;
        services.AddSingleton(_time);
        services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        services.AddFlowLitePersistence(_folder.Path);
        services.AddFlowLiteActivities((_, _) => null);
        services.AddSingleton(new ExpressionLanguages([new LiteralLanguage(), new ScribanLanguage(), new JsonLanguage("Object")]));
        services.AddSingleton<WorkflowCompiler>();
        services.AddSingleton<FlowCatalog>();
        services.AddSingleton(new EngineOptions());
        services.AddSingleton<RunService>();
        services.AddFlowLiteTriggers();
        _configure(services);
        _app = builder.Build();
        _app.MapFlowLiteTriggers();
        await _app.StartAsync();
        await _app.Services.GetRequiredService<RunService>().StartAsync();
        Address = new Uri(_app.Urls.Single());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>A flow that starts with a request; its settings as JSON members, the activities after it as JSON objects.</summary>
    public async Task<PublishedFlow> PublishAsync(string id, string settings = "", params string[] activities)
    {
        var request = JsonNode.Parse($$"""{"id":"request","type":"FlowLite.HttpRequest","name":"Request"{{(settings.Length > 0 ? "," : "")}}{{settings}}}""");
        var definition = Definition(id, [request, .. activities.Select(a => JsonNode.Parse(a))]);
        var store = Services.GetRequiredService<IDefinitionStore>();
        var protector = Services.GetRequiredService<SecretProtector>();
        var secrets = await store.FindSecretsAsync(id)
            ?? new FlowSecrets(id, protector.NewKey(), protector.NewKey(), new Dictionary<string, string> { ["request"] = "manual" });
        await store.SaveSecretsAsync(secrets);
        await store.SaveAsync(definition);
        var flows = Services.GetRequiredService<FlowCatalog>();
        flows.Publish(Services.GetRequiredService<WorkflowCompiler>().Compile(definition), secrets);
        return flows.Find(id)!;
    }

    private WorkflowDefinition Definition(string id, JsonNode?[] activities) => new()
    {
        Id = Guid.CreateVersion7(_time.GetUtcNow()).ToString("N"),
        DefinitionId = id,
        Version = Interlocked.Increment(ref _versions),
        IsLatest = true,
        IsPublished = true,
        CreatedAt = _time.GetUtcNow(),
        Document = JsonSerializer.SerializeToElement(new JsonObject
        {
            ["name"] = "Flow of Zoë",
            ["root"] = new JsonObject { ["id"] = "root", ["type"] = "Elsa.Sequence", ["activities"] = new JsonArray(activities) },
        }),
    };

    /// <summary>Path and query of the trigger's signed URL.</summary>
    public string Url(PublishedFlow flow, KeyType key = KeyType.Primary, string relativePath = "") =>
        new Uri(Services.GetRequiredService<TriggerUrls>().Create(flow, "manual", Address, key, relativePath)).PathAndQuery;

    public async Task<IReadOnlyList<InboxEntry>> InboxAsync(string flow, int limit = 1000) =>
        await Services.GetRequiredService<IRunStore>().ListInboxAsync(flow, null, limit);

    public async Task<JsonElement> RunAsync(string flow, string runId)
    {
        using var answer = await Client.GetAsync($"/api/flows/{flow}/runs/{runId}");
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

    public async Task DisposeAsync()
    {
        Client.Dispose();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(patience.Token);
        await Services.GetRequiredService<RunService>().StopAsync(patience.Token);
        await _app.DisposeAsync();
        _folder.Dispose();
    }

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
