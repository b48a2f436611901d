namespace FlowLite.Server.Api;

/// <summary>
/// What Elsa's picker of secrets asks. Secrets stand in connections here, so that there is none to pick and none to make beside them.
/// </summary>
internal static class SecretsApi
{
    public static void MapSecretsApi(this RouteGroupBuilder api)
    {
        var secrets = api.MapGroup("/secrets");
        secrets.MapGet("/descriptors", static () => Results.Json(new { items = Array.Empty<object>(), count = 0 }, ApiJson.Options)).WithSummary("Kinds of secrets: none");
        secrets.MapPost("/picker", static () => Results.Json(new { items = Array.Empty<object>(), canCreateInline = false }, ApiJson.Options)).WithSummary("Secrets to pick: none");
        secrets.MapPost("", static () => ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "Secrets are kept in connections: make one on the page Connections, or by /api/connections.")).WithSummary("Refuses: secrets stand in connections");
    }
}
