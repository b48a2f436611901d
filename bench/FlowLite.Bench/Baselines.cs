using System.Text.Json;

namespace FlowLite.Bench;

/// <summary>What FlowLite is compared with: the least that a web server can do for a lead.</summary>
internal static class Baselines
{
    /// <summary>Reads the body, parses it, answers 202. Keeps nothing.</summary>
    public static async Task<int> BareAsync(string[] args)
    {
        // Without watching its folder for settings: others write their data below it.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        var app = builder.Build();
        app.MapPost("/{**path}", async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            context.Response.StatusCode = body.RootElement.ValueKind == JsonValueKind.Object ? 202 : 400;
            context.Response.ContentLength = 0;
        });
        await app.RunAsync();
        return 0;
    }
}
