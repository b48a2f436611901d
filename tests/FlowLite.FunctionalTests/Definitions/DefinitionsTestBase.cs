using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>A server of its own, and its API as the administrator.</summary>
public abstract class DefinitionsTestBase : IAsyncLifetime
{
    protected const string Api = "/elsa/api";

    private protected TestServer Server { get; private set; } = null!;
    private protected HttpClient Client { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Server = await TestServer.StartAsync();
        Client = await Server.SignInAsync();
    }

    public virtual async Task DisposeAsync() => await Server.DisposeAsync();

    private protected Task<JsonElement> GetAsync(string path) => Client.GetFromJsonAsync<JsonElement>(Api + path);

    /// <returns>The answer's status and its body; undefined without one.</returns>
    private protected async Task<(int Status, JsonElement Body)> CallAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, Api + path);
        if (body is not null)
        {
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        }

        using var answer = await Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.Length > 0 ? JsonElement.Parse(text) : default);
    }

    private protected Task<(int Status, JsonElement Body)> PostAsync(string path, string body = "{}") => CallAsync(HttpMethod.Post, path, body);

    private protected async Task<int> StatusAsync(HttpMethod method, string path) => (await CallAsync(method, path)).Status;

    /// <summary>Version 1 is published, version 2 is the draft.</summary>
    private protected async Task<(JsonElement Published, JsonElement Draft)> SaveTwoAsync(string id)
    {
        var published = await Client.SaveAsync(ServerTestFlows.Small(id, "One"), publish: true);
        return (published, await Client.SaveAsync(ServerTestFlows.Small(id, "Two")));
    }

    private protected static IEnumerable<string?> Texts(JsonElement list) => list.EnumerateArray().Select(t => t.GetString());
}
