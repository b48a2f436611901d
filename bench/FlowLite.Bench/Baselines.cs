using System.Globalization;
using System.Text.Json;

namespace FlowLite.Bench;

/// <summary>What FlowLite is compared with: the least that a web server can do for a lead, and the least that a CRM can.</summary>
internal static class Baselines
{
    /// <summary>Reads the body, parses it, answers 202. Keeps nothing.</summary>
    public static async Task<int> BareAsync(string[] args)
    {
        var app = Build(args);
        app.MapPost("/{**path}", async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            context.Response.StatusCode = body.RootElement.ValueKind == JsonValueKind.Object ? 202 : 400;
            context.Response.ContentLength = 0;
        });
        await app.RunAsync();
        return 0;
    }

    /// <summary>Answers like Dataverse and counts each record id once. <c>?delay=ms</c> in the base path makes it slow.</summary>
    public static async Task<int> SinkAsync(string[] args)
    {
        var app = Build(args);
        long created = 0;
        long slow = 0;
        app.MapPost("/{speed}/token", () => Results.Json(new { token_type = "Bearer", expires_in = 3599, access_token = "bench" }));
        app.MapMethods("/fast/api/data/v9.2/{record}", ["PATCH"], async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            Interlocked.Increment(ref created);
            context.Response.StatusCode = 204;
        }).ShortCircuit();
        app.MapMethods("/slow/api/data/v9.2/{record}", ["PATCH"], async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, context.RequestAborted);
            Interlocked.Increment(ref slow);
            context.Response.StatusCode = 204;
        });
        app.MapGet("/count", () => Interlocked.Read(ref created).ToString(CultureInfo.InvariantCulture));
        app.MapGet("/slow-count", () => Interlocked.Read(ref slow).ToString(CultureInfo.InvariantCulture));
        await app.RunAsync();
        return 0;
    }

    private static WebApplication Build(string[] args)
    {
        // Without watching its folder for settings: others write their data below it.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        return builder.Build();
    }
}
