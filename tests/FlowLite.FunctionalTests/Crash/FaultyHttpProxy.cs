using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>Before a CRM that speaks HTTP.</summary>
internal sealed class FaultyHttpProxy : FaultyProxy
{
    private readonly WebApplication _app;
    private readonly HttpClient _crm;
    private readonly Func<HttpRequest, bool> _isRecordCall;

    private FaultyHttpProxy(Uri crm, Func<HttpRequest, bool> isRecordCall)
    {
        _isRecordCall = isRecordCall;
        _crm = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = crm };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(ForwardAsync);
    }

    public override Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <param name="isRecordCall">Which calls the faults strike, all but <see cref="FaultyProxy.Down"/>.</param>
    public static async Task<FaultyHttpProxy> StartHttpAsync(Uri crm, Func<HttpRequest, bool> isRecordCall)
    {
        var proxy = new FaultyHttpProxy(crm, isRecordCall);
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

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)
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
        if (isRecord)
        {
            await DelayAsync();
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

    public override async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _crm.Dispose();
    }
}
