using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Connectors.StandIns;

/// <summary>
/// Stands in for a vendor's API on loopback, built from the exchanges that its documentation shows. It refuses what the vendor
/// refuses, in the vendor's words, and keeps what it was made to create.
/// </summary>
internal abstract class StandIn : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<JsonObject> _records = [];
    private readonly WebApplication _app;
    private int _lost;
    private int _nextId = 1000;

    protected StandIn()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public string Url => _app.Urls.Single();

    public ConcurrentQueue<Call> Calls { get; } = new();

    /// <summary>What the next record calls are answered with in the place of what they ask for.</summary>
    public ConcurrentQueue<Answer> Refusals { get; } = new();

    /// <summary>So many of the next creates are done and their answers get lost.</summary>
    public int LoseAnswers
    {
        set => Volatile.Write(ref _lost, value);
    }

    /// <summary>What was created: its fields, <c>$id</c> and <c>$table</c>.</summary>
    public IReadOnlyList<JsonObject> Records
    {
        get
        {
            lock (_lock)
            {
                return [.. _records.Select(record => (JsonObject)record.DeepClone())];
            }
        }
    }

    public async Task<TStandIn> StartedAsync<TStandIn>() where TStandIn : StandIn
    {
        await _app.StartAsync();
        return (TStandIn)this;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Whether a call is one that <see cref="Refusals"/> are for; signing in is not.</summary>
    protected abstract bool IsRecordCall(HttpRequest request);

    /// <summary>Everything in it is one transaction.</summary>
    protected abstract Answer Handle(HttpRequest request, string body);

    protected JsonObject? Find(string table, string field, string? value) =>
        value is null ? null : _records.Find(record => Text(record, "$table") == table && string.Equals(Text(record, field), value, StringComparison.OrdinalIgnoreCase));

    protected JsonObject Add(string table, JsonObject fields, Func<int, string>? id = null)
    {
        var record = (JsonObject)fields.DeepClone();
        record["$table"] = table;
        record["$id"] = id?.Invoke(_nextId) ?? _nextId.ToString(CultureInfo.InvariantCulture);
        _nextId++;
        _records.Add(record);
        return record;
    }

    protected static void Set(JsonObject record, JsonObject fields)
    {
        foreach (var (name, value) in fields)
        {
            record[name] = value?.DeepClone();
        }
    }

    protected static string? Text(JsonObject record, string name) => record[name] switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        { } other => other.ToJsonString(),
        null => null,
    };

    protected static JsonObject? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    protected static Dictionary<string, string> Form(string body) => body.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair.ElementAtOrDefault(1)?.Replace('+', ' ') ?? ""));

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var body = await new StreamReader(request.Body).ReadToEndAsync();
        Calls.Enqueue(new Call(request.Method, request.Path + request.QueryString, body, request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        Answer? answer = null;
        if (!IsRecordCall(request) || !Refusals.TryDequeue(out answer))
        {
            int before, after;
            lock (_lock)
            {
                before = _records.Count;
                answer = Handle(request, body);
                after = _records.Count;
            }

            if (after > before && Interlocked.Decrement(ref _lost) >= 0)
            {
                context.Abort();
                return;
            }
        }

        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        if (answer.Body is not null)
        {
            context.Response.ContentType = "application/json;charset=UTF-8";
            await context.Response.WriteAsync(answer.Body);
        }
    }
}

internal sealed record Answer(int Status, string? Body = null, params (string Name, string Value)[] Headers)
{
    public static Answer Json(int status, JsonNode body) => new(status, body.ToJsonString());
}
