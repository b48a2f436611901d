using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Server.Crm;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Api;

/// <summary>Connections: <c>/api/connections</c>, by id or name, and <c>/api/connection-kinds</c>. No answer has a secret in it.</summary>
internal static class ConnectionsApi
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxDepth = 8;

    public static IServiceCollection AddCrmConnections(this IServiceCollection services) => services
        .AddSingleton<StoredConnections>()
        .AddSingleton<ConnectionCatalog>()
        .AddSingleton<ConnectionReferences>()
        .AddSingleton<RecordColumns>()
        .AddSingleton<ConnectionService>();

    public static void MapConnectionsApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/connection-kinds", () => Results.Json(new { value = ConnectorKind.All.Select(kind => new { kind.Name, kind.DisplayName, kind.Fields }) }, ApiJson.Options));
        var group = endpoints.MapGroup("/api/connections").AddEndpointFilter(AnswerAsync);
        group.MapGet("", async (ConnectionService service) => Results.Json(new { value = await service.ListAsync() }, ApiJson.Options));
        group.MapPost("", (Delegate)CreateAsync);
        group.MapGet("/{connection}", async (string connection, ConnectionService service) => Shown(connection, await service.FindAsync(connection)));
        group.MapPut("/{connection}", (Delegate)UpdateAsync);
        group.MapPut("/{connection}/secrets/{field}", (Delegate)RotateAsync);
        group.MapPost("/{connection}/test", async (string connection, ConnectionService service, CancellationToken cancellationToken) =>
            Shown(connection, await service.TestAsync(connection, cancellationToken)));
        group.MapDelete("/{connection}", async (string connection, ConnectionService service) =>
            await service.DeleteAsync(connection) ? Results.NoContent() : NotFound(connection));
    }

    /// <summary>Body <c>{name, kind, values: {field: text}}</c>; 201.</summary>
    private static async Task<IResult> CreateAsync(HttpContext http, ConnectionService service)
    {
        var body = await RequestJson.ReadAsync(http, MaxBytes, MaxDepth);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        if (body.Json.ValueKind != JsonValueKind.Object || Values(body.Json) is not { } values)
        {
            return NotTexts();
        }

        var made = await service.CreateAsync(RequestJson.Text(body.Json, "name") ?? "", RequestJson.Text(body.Json, "kind") ?? "", values);
        return Results.Json(made, ApiJson.Options, statusCode: StatusCodes.Status201Created);
    }

    /// <summary>Body <c>{name?, values: {field: text}}</c>; secrets that are left out are kept, empty ones removed.</summary>
    private static async Task<IResult> UpdateAsync(string connection, HttpContext http, ConnectionService service)
    {
        var body = await RequestJson.ReadAsync(http, MaxBytes, MaxDepth);
        return body.Refusal
            ?? (body.Json.ValueKind == JsonValueKind.Object && Values(body.Json) is { } values
                ? Shown(connection, await service.UpdateAsync(connection, RequestJson.Text(body.Json, "name"), values))
                : NotTexts());
    }

    /// <summary>Body <c>{value}</c>.</summary>
    private static async Task<IResult> RotateAsync(string connection, string field, HttpContext http, ConnectionService service)
    {
        var body = await RequestJson.ReadAsync(http, MaxBytes, MaxDepth);
        return body.Refusal
            ?? (body.Json.ValueKind == JsonValueKind.Object && RequestJson.Text(body.Json, "value") is { } value
                ? Shown(connection, await service.RotateAsync(connection, field, value))
                : FlowErrors.BadRequest("InvalidConnection", "The body has to be {\"value\": \"the new secret\"}."));
    }

    private static Dictionary<string, string>? Values(JsonElement body)
    {
        if (!body.TryGetProperty("values", out var values) || values.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var texts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        return values.EnumerateObject().All(value => value.Value.ValueKind == JsonValueKind.String && texts.TryAdd(value.Name, value.Value.GetString()!)) ? texts : null;
    }

    private static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        try
        {
            return await next(invocation);
        }
        catch (ConnectionRefusedException e)
        {
            return FlowErrors.Result(e.Status, e.Code, e.Message);
        }
    }

    private static IResult Shown<T>(string connection, T? what)
        where T : class => what is null ? NotFound(connection) : Results.Json(what, ApiJson.Options);

    private static IResult NotTexts() => FlowErrors.BadRequest("InvalidConnection", "The body needs \"values\": an object that gives each field once, as a text.");

    private static IResult NotFound(string connection) => FlowErrors.NotFound("ConnectionNotFound", $"There is no connection '{connection}'.");
}
