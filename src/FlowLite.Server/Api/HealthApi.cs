using FlowLite.Server.Hosting;

namespace FlowLite.Server.Api;

/// <summary>For load balancers and service managers: open, and silent about everything but the state.</summary>
public static class HealthApi
{
    public static IEndpointRouteBuilder MapHealthApi(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").AllowAnonymous();
        health.MapGet("/live", () => Results.Text("alive"));
        health.MapGet("/ready", Ready);
        return app;
    }

    /// <summary>Ready to take leads: flows are known and the disk can be written. The backlog may still be long.</summary>
    private static IResult Ready(EngineLifetime engine, DataDirectory directory) =>
        engine.IsReady && directory.IsWritable()
            ? Results.Text("ready")
            : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable);
}
