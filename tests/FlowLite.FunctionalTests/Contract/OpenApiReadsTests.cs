using System.Collections;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.FunctionalTests.Instances;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace FlowLite.FunctionalTests.Contract;

/// <summary>Calls every operation and watches what it reads: the description names all of it.</summary>
public sealed partial class OpenApiReadsTests : IAsyncLifetime
{
    private readonly Reads _reads = new();
    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(services => services.AddSingleton<IStartupFilter>(_reads), []);
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Document_EveryOperation_NamesTheBodyAndTheQueriesThatItReads()
    {
        var version = await _client.SaveAsync(ServerTestFlows.Small("small", "Small"), publish: true);
        var paths = (await _client.GetFromJsonAsync<JsonElement>("/openapi/v1.json")).GetProperty("paths");
        var missing = new List<string>();
        var (bodies, queries) = (0, 0);
        foreach (var (path, method, operation) in Operations(paths))
        {
            var address = Parameter().Replace(path, m => m.Groups[1].Value switch
            {
                "definitionId" => "small",
                "versionId" => version.Text("id"),
                "version" => "1",
                _ => "x",
            });
            var (readsBody, names) = await ReadsOfAsync(method, address);
            if (readsBody && !operation.TryGetProperty("requestBody", out _))
            {
                missing.Add($"{method} {path}: body");
            }

            var known = operation.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Where(p => p.Text("in") == "query").Select(p => p.Text("name")).ToList()
                : [];
            missing.AddRange(names.Except(known, StringComparer.OrdinalIgnoreCase).Select(name => $"{method} {path}: {name}"));
            bodies += readsBody ? 1 : 0;
            queries += names.Count;
        }

        missing.Should().BeEmpty();
        // What watches does watch.
        bodies.Should().BeGreaterThan(30);
        queries.Should().BeGreaterThan(60);
    }

    [Fact]
    public async Task Document_EveryAnswerInJson_IsDescribedAsItIs()
    {
        var version = await _client.SaveAsync(ServerTestFlows.Small("small", "Small"), publish: true);
        var run = await _client.DispatchAsync("small", """{"input":{"body":{}}}""");
        await _client.InstanceAsync(run, "Finished");
        var document = await _client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        var (wrong, compared) = (new List<string>(), 0);
        foreach (var (path, _, operation) in Operations(document.GetProperty("paths")).Where(o => o.Method == "GET"))
        {
            var address = Parameter().Replace(path, m => m.Groups[1].Value switch
            {
                "definitionId" => "small",
                "versionId" => version.Text("id"),
                "version" => "1",
                "runId" => run,
                "id" when path.Contains("/workflow-instances/", StringComparison.Ordinal) => run,
                _ => "x",
            });
            using var answer = await _client.GetAsync(path.Contains("/activity-execution", StringComparison.Ordinal) ? $"{address}?workflowInstanceId={run}" : address);
            if (answer is { IsSuccessStatusCode: true, Content.Headers.ContentType.MediaType: "application/json" })
            {
                compared++;
                if (Schema(operation) is { } schema)
                {
                    Compare(document, schema, await answer.Content.ReadFromJsonAsync<JsonElement>(), path, wrong);
                }
                else
                {
                    wrong.Add($"{path}: nothing");
                }
            }
        }

        wrong.Should().BeEmpty();
        compared.Should().BeGreaterThan(40);
    }

    private static JsonElement? Schema(JsonElement operation) =>
        operation.GetProperty("responses").TryGetProperty("200", out var ok) && ok.TryGetProperty("content", out var content)
        && content.TryGetProperty("application/json", out var media) && media.TryGetProperty("schema", out var schema) ? schema : null;

    /// <summary>Members of an answer that its schema doesn't name. A schema without members takes any.</summary>
    private static void Compare(JsonElement document, JsonElement schema, JsonElement answer, string path, List<string> wrong)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        if (answer.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var item in answer.EnumerateArray())
            {
                Compare(document, items, item, $"{path}[]", wrong);
            }
        }
        else if (answer.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            foreach (var member in answer.EnumerateObject())
            {
                if (properties.TryGetProperty(member.Name, out var described))
                {
                    Compare(document, described, member.Value, $"{path}.{member.Name}", wrong);
                }
                else if (!wrong.Contains($"{path}.{member.Name}"))
                {
                    wrong.Add($"{path}.{member.Name}");
                }
            }
        }
    }

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(JsonElement paths) =>
        from path in paths.EnumerateObject()
        where path.Name.StartsWith("/elsa/api/", StringComparison.Ordinal) || path.Name.StartsWith("/api/", StringComparison.Ordinal)
        from operation in path.Value.EnumerateObject()
            // What deletes takes neither.
        where operation.Name != "delete"
        select (path.Name, operation.Name.ToUpperInvariant(), operation.Value);

    private async Task<(bool Body, IReadOnlyCollection<string> Queries)> ReadsOfAsync(string method, string address)
    {
        _reads.Clear();
        using var json = new StringContent("{}", Encoding.UTF8, "application/json");
        using var form = new MultipartFormDataContent { { new ByteArrayContent("{}"u8.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } }, "files", "a.json" } };
        foreach (var content in method == "GET" ? new HttpContent?[] { null } : [json, form])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), address) { Content = content };
            using var answer = await _client.SendAsync(request);
            ((int)answer.StatusCode).Should().BeLessThan(500, $"{method} {address}");
        }

        return (_reads.Body, [.. _reads.Queries]);
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Parameter();

    /// <summary>Notes what is read of requests.</summary>
    private sealed class Reads : IStartupFilter
    {
        public HashSet<string> Queries { get; } = [];
        public bool Body { get; private set; }

        public void Clear()
        {
            Queries.Clear();
            Body = false;
        }

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, rest) =>
            {
                context.Request.Query = new Query(context.Request.Query, Queries);
                context.Request.Body = new Content(context.Request.Body, () => Body = true);
                return rest(context);
            });
            next(app);
        };

        private sealed class Query(IQueryCollection query, HashSet<string> read) : IQueryCollection
        {
            public StringValues this[string key] => Noted(key)[key];

            public int Count => query.Count;

            public ICollection<string> Keys => query.Keys;

            public bool ContainsKey(string key) => Noted(key).ContainsKey(key);

            public bool TryGetValue(string key, out StringValues value) => Noted(key).TryGetValue(key, out value);

            public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => query.GetEnumerator();

            IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

            private IQueryCollection Noted(string key)
            {
                read.Add(key);
                return query;
            }
        }

        private sealed class Content(Stream stream, Action read) : Stream
        {
            public override bool CanRead => true;
            public override bool CanSeek => false;
            public override bool CanWrite => false;
            public override long Length => throw new NotSupportedException();

            public override long Position
            {
                get => throw new NotSupportedException();
                set => throw new NotSupportedException();
            }

            public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                read();
                return stream.ReadAsync(buffer, cancellationToken);
            }

            public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
                ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

            public override int Read(byte[] buffer, int offset, int count)
            {
                read();
                return stream.Read(buffer, offset, count);
            }

            public override void Flush() => throw new NotSupportedException();

            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

            public override void SetLength(long value) => throw new NotSupportedException();

            public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        }
    }
}
