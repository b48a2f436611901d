using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Contract;

/// <summary>One server for all tests that only ask.</summary>
public sealed class ContractServer : IAsyncLifetime
{
    internal TestServer Server { get; private set; } = null!;

    /// <summary>Signed in.</summary>
    public HttpClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await TestServer.StartAsync();
        Client = await Server.SignInAsync();
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <param name="path">Below <c>/elsa/api</c>.</param>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Client.GetAsync("/elsa/api" + path);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, path);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/json", path);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The items of <c>{"items":[…],"count"}</c>, whose count is checked.</summary>
    public async Task<IReadOnlyList<JsonElement>> ItemsAsync(string path)
    {
        var list = await GetAsync(path);
        var items = list.GetProperty("items").EnumerateArray().ToList();
        list.GetProperty("count").GetInt32().Should().Be(items.Count);
        return items;
    }

    public Task<IReadOnlyList<JsonElement>> ActivitiesAsync() => ItemsAsync("/descriptors/activities?Refresh=True");
}

[CollectionDefinition(Name)]
public sealed class ContractServerCollection : ICollectionFixture<ContractServer>
{
    public const string Name = "Contract";
}
