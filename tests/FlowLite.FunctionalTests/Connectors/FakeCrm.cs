using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>A CRM and its token endpoint on loopback that answer as the test says, and remember what they were asked.</summary>
internal sealed class FakeCrm : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _tokens;

    private FakeCrm(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();
    public ConcurrentQueue<Call> Calls { get; } = new();
    public IEnumerable<Call> TokenCalls => Calls.Where(c => c.Path == "/token");
    public IEnumerable<Call> RecordCalls => Calls.Where(c => c.Path != "/token");

    /// <summary>Answers to the next calls of the CRM, in order; the last one stays.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>> Answers { get; } = new();

    /// <summary>By default tokens called t1, t2… for an hour.</summary>
    public Func<HttpContext, Task>? Token { get; set; }

    public static async Task<FakeCrm> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var crm = new FakeCrm(app);
        app.Run(crm.AnswerAsync);
        await app.StartAsync();
        return crm;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    public static Func<HttpContext, Task> Json(int status, string body, params (string Name, string Value)[] headers) => context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        context.Response.ContentType = "application/json; odata.metadata=minimal";
        return context.Response.WriteAsync(body);
    };

    public static Func<HttpContext, Task> Status(int status) => context =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var body = await new StreamReader(request.Body).ReadToEndAsync();
        Calls.Enqueue(new Call(request.Method, request.Path, body, request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        if (request.Path == "/token")
        {
            var number = Interlocked.Increment(ref _tokens);
            await (Token ?? Json(200, $$"""{"token_type":"Bearer","expires_in":3600,"access_token":"t{{number}}"}"""))(context);
            return;
        }

        var answer = Answers.Count > 1 && Answers.TryDequeue(out var next) ? next : Answers.TryPeek(out var last) ? last : Status(204);
        await answer(context);
    }
}

internal sealed record Call(string Method, string Path, string Body, Dictionary<string, string> Headers);
