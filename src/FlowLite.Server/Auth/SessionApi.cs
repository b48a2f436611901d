namespace FlowLite.Server.Auth;

/// <summary>What turns the browser's cookie into something that the APIs take.</summary>
internal static class SessionApi
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    public static void MapSessionApi(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost("/session/token", Token).RequireAuthorization(SessionCookie.Policy);

    /// <summary><c>{"accessToken","expiresIn"}</c>, seconds; 401 without a body when the session is over.</summary>
    private static IResult Token(HttpContext context, AccessTokens tokens)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new { accessToken = tokens.New(context.User, Lifetime), expiresIn = (int)Lifetime.TotalSeconds });
    }
}
