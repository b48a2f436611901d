using FlowLite.FunctionalTests.Connectors;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>A CRM that keeps its callers waiting until the test lets them go, and counts who waits.</summary>
internal sealed class HeldCrm : IAsyncDisposable
{
    private readonly SemaphoreSlim _permits = new(0);
    private readonly Lock _lock = new();
    private FakeCrm _crm = null!;
    private string _connection = "";
    private int _underWay;

    /// <summary>Calls that were answered.</summary>
    public int Answered { get; private set; }
    /// <summary>Most calls at one time.</summary>
    public int MostUnderWay { get; private set; }
    /// <summary>What callers are answered.</summary>
    public int Status { get; set; } = 204;
    public int UnderWay => Volatile.Read(ref _underWay);
    public IReadOnlyList<Call> Calls => [.. _crm.RecordCalls.Where(call => !IsMetadata(call.Path))];

    /// <summary>Settings that make it the connection.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Kind"] = "dataverse",
        ["Url"] = _crm.Url,
        ["TokenUrl"] = _crm.Url + "/token",
        ["ClientId"] = "flowlite",
        ["ClientSecret"] = "held-crm-secret",
        ["CallsAtOnce"] = "1000",
    }.ToDictionary(s => $"FlowLite:Connections:{_connection}:{s.Key}", s => s.Value);

    public string[] Arguments => [.. Settings.Select(s => $"{s.Key}={s.Value}")];

    public static async Task<HeldCrm> StartAsync(string connection = "sink")
    {
        var held = new HeldCrm { _connection = connection, _crm = await FakeCrm.StartAsync() };
        held._crm.Answers.Enqueue(async context =>
        {
            if (IsMetadata(context.Request.Path))
            {
                context.Response.StatusCode = 404;
                return;
            }

            held.Enter();
            try
            {
                await held._permits.WaitAsync(context.RequestAborted);
                lock (held._lock)
                {
                    held.Answered++;
                }

                context.Response.StatusCode = held.Status;
            }
            finally
            {
                Interlocked.Decrement(ref held._underWay);
            }
        });
        return held;
    }

    public void Release(int calls) => _permits.Release(calls);

    /// <summary>Nobody waits any more.</summary>
    public void Open() => _permits.Release(1_000_000);

    public Task UntilUnderWayAsync(int calls) => Eventually.UntilAsync(() => UnderWay == calls, $"{calls} calls under way");

    public async ValueTask DisposeAsync()
    {
        await _crm.DisposeAsync();
        _permits.Dispose();
    }

    /// <summary>An activity <c>Create</c> that makes a lead here, whose topic is the request's <c>subject</c>.</summary>
    /// <param name="retry">A resilience strategy; by default a quick one.</param>
    public static string Create(string retry = """{"type":"fixed","interval":"PT0.1S","count":50}""") => """
        {"id":"create","type":"FlowLite.CreateRecord","name":"Create","customProperties":{"resilienceStrategy":RETRY},
         "connection":{"typeName":"String","expression":{"type":"Literal","value":"sink"}},
         "entity":{"typeName":"String","expression":{"type":"Literal","value":"leads"}},
         "fields":{"subject":{"typeName":"String","expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}}
        """.Replace("RETRY", retry, StringComparison.Ordinal);

    // A server that starts asks for the tables, whatever the test is about.
    private static bool IsMetadata(string? path) => path!.Contains("EntityDefinitions", StringComparison.Ordinal);

    private void Enter()
    {
        var now = Interlocked.Increment(ref _underWay);
        lock (_lock)
        {
            MostUnderWay = Math.Max(MostUnderWay, now);
        }
    }
}
