using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>Stands before the CRM and does to its callers what networks and clouds do.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _crm;
    private readonly Func<HttpRequest, bool> _isRecordCall;
    private readonly Random _random = new(20261122);

    private FaultyProxy(Uri crm, Func<HttpRequest, bool> isRecordCall)
    {
        _isRecordCall = isRecordCall;
        _crm = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = crm };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(ForwardAsync);
    }

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Latency { get; set; }
    /// <summary>The part of calls that are answered 503 and never reach the CRM.</summary>
    public double Unavailable { get; set; }
    /// <summary>The part of calls that the CRM commits and whose answer never arrives.</summary>
    public double LostAnswers { get; set; }
    /// <summary>Nothing gets through.</summary>
    public bool Down { get; set; }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <param name="isRecordCall">Which calls the faults strike, all but <see cref="Down"/>.</param>
    public static async Task<FaultyProxy> StartAsync(Uri crm, Func<HttpRequest, bool> isRecordCall)
    {
        var proxy = new FaultyProxy(crm, isRecordCall);
        await proxy._app.StartAsync();
        return proxy;
    }

    private async Task ForwardAsync(HttpContext context)
    {
        if (Down)
        {
            context.Abort();
            return;
        }

        var isRecord = _isRecordCall(context.Request);
        if (isRecord && Chance(Unavailable))
        {
            context.Response.StatusCode = 503;
            return;
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Request.Path.Value + context.Request.QueryString)
        {
            Content = new StreamContent(context.Request.Body),
        };
        foreach (var (name, values) in context.Request.Headers)
        {
            if (name != "Host" && !request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        // The CRM gets it whatever happens to the caller meanwhile: it commits late, as far as the caller knows.
        using var answer = await _crm.SendAsync(request, CancellationToken.None);
        if (isRecord && Latency > TimeSpan.Zero)
        {
            using var timer = new PeriodicTimer(Latency);
            await timer.WaitForNextTickAsync();
        }

        if (isRecord && Chance(LostAnswers))
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection"))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        if (answer.StatusCode != System.Net.HttpStatusCode.NoContent)
        {
            await answer.Content.CopyToAsync(context.Response.Body);
        }
    }

    private bool Chance(double part)
    {
        lock (_random)
        {
            return part > 0 && _random.NextDouble() < part;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _crm.Dispose();
    }
}
