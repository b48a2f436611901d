using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlowLite.Crm;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Crm;

/// <summary>The CRM on a real Kestrel and a real file, with a client that has a token.</summary>
public sealed class CrmHost : IAsyncLifetime, IAsyncDisposable
{
    public const string ClientId = "tester";
    public const string ClientSecret = "s3cret+/=&";
    public const string DataRoot = "/crm/api/data/v9.2/";

    private readonly bool _ownsDirectory;
    private WebApplication _app = null!;

    public CrmHost()
        : this(null)
    {
    }

    private CrmHost(string? directory)
    {
        _ownsDirectory = directory is null;
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("crm-").FullName;
    }

    public string Directory { get; }

    public TimeProvider Time { get; private init; } = TimeProvider.System;

    public Func<HttpContext, ValueTask<bool>>? AlsoAuthorize { get; private init; }

    public Action<WebApplicationBuilder> Configure { get; private init; } = _ => { };

    public Uri Address { get; private set; } = null!;

    /// <summary>Relative URLs are below the data API's root; carries a valid token.</summary>
    public HttpClient Client { get; private set; } = null!;

    public static async Task<CrmHost> StartAsync(
        string? directory = null,
        TimeProvider? time = null,
        Func<HttpContext, ValueTask<bool>>? alsoAuthorize = null,
        Action<WebApplicationBuilder>? configure = null)
    {
        var host = new CrmHost(directory)
        {
            Time = time ?? TimeProvider.System,
            AlsoAuthorize = alsoAuthorize,
            Configure = configure ?? (_ => { }),
        };
        await host.InitializeAsync();
        return host;
    }

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(Time);
        builder.Services.AddCrm(options =>
        {
            options.DataDirectory = Directory;
            options.ClientId = ClientId;
            options.ClientSecret = ClientSecret;
            options.AlsoAuthorize = AlsoAuthorize;
        });
        Configure(builder);
        _app = builder.Build();
        _app.MapCrm();
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single());
        Client = await AuthorizedAsync(Address);
    }

    /// <summary>A client for the data API at that address, with a token from its own token endpoint.</summary>
    public static async Task<HttpClient> AuthorizedAsync(Uri address)
    {
        var client = Anonymous(address);
        using var answer = await client.PostAsync(new Uri(address, "/crm/oauth2/v2.0/token"), TokenForm());
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        var token = (await JsonAsync(answer)).GetProperty("access_token").GetString();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public static HttpClient Anonymous(Uri address) => new() { BaseAddress = new Uri(address, DataRoot) };

    public static FormUrlEncodedContent TokenForm(string grantType = "client_credentials", string id = ClientId, string secret = ClientSecret) => new(
        new Dictionary<string, string>
        {
            ["grant_type"] = grantType,
            ["client_id"] = id,
            ["client_secret"] = secret,
            ["scope"] = "http://crm/.default",
        });

    public static StringContent Body(string json) => new(json, Encoding.UTF8, "application/json");

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return document.RootElement.Clone();
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, string? json = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, url) { Content = json is null ? null : Body(json) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Client.SendAsync(request);
    }

    /// <summary>Creates a record and gives its id.</summary>
    public async Task<Guid> CreateAsync(string set, string json)
    {
        using var answer = await SendAsync(HttpMethod.Post, set, json);
        answer.StatusCode.Should().Be(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
        return IdOf(answer);
    }

    public static Guid IdOf(HttpResponseMessage answer)
    {
        var url = answer.Headers.GetValues("OData-EntityId").Single();
        return Guid.ParseExact(url[(url.IndexOf('(', StringComparison.Ordinal) + 1)..^1], "D");
    }

    public async Task<JsonElement> GetAsync(string url, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(HttpMethod.Get, url, null, headers);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await JsonAsync(answer);
    }

    /// <summary>Asserts a refusal in Dataverse's shape.</summary>
    public static async Task ShouldRefuseAsync(HttpResponseMessage answer, HttpStatusCode status, string code, string message)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(status, text);
        var error = (await JsonAsync(answer)).GetProperty("error");
        error.GetProperty("code").GetString().Should().BeEquivalentTo(code);
        error.GetProperty("message").GetString().Should().Contain(message);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        if (_ownsDirectory)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();
}
