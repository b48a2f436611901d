using FlowLite.Server.Api;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Auth;

/// <summary>Sign-in in Elsa's shape: <c>{"isAuthenticated","accessToken","refreshToken"}</c>, and 200 for a wrong password too.</summary>
public static class IdentityApi
{
    private const int LargestBody = 16 * 1024;

    public static RouteGroupBuilder MapIdentityApi(this RouteGroupBuilder api)
    {
        var identity = api.MapGroup("/identity").AllowAnonymous();
        identity.MapPost("/login", LoginAsync).WithSummary("Signs in; a wrong password is answered with 200 too").WithMetadata(new RequestSizeLimitAttribute(LargestBody));
        identity.MapPost("/refresh-token", Refresh).WithSummary("New tokens for the refresh token in the Authorization header");
        return api;
    }

    private static async Task<IResult> LoginAsync(
        HttpContext context, AdminAccount admin, SignInGuard guard, AccessTokens tokens, ILogger<AdminAccount> logger)
    {
        var body = await RequestJson.ReadAsync(context, LargestBody, maxDepth: 4);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var (userName, password) = (RequestJson.Text(body.Json, "username"), RequestJson.Text(body.Json, "password"));
        var address = context.Connection.RemoteIpAddress;
        var right = await guard.TryAsync(address, () => admin.Verify(userName ?? "", password ?? ""), context.RequestAborted);
        if (right is null)
        {
            context.Response.Headers.RetryAfter = "60";
            return ElsaErrors.Refuse(StatusCodes.Status429TooManyRequests, "Too many attempts to sign in. Try again in a minute.");
        }

        if (right == false)
        {
            Log.SignInFailed(logger, address?.ToString() ?? "?");
            return Results.Json(new { isAuthenticated = false });
        }

        return Tokens(context, tokens);
    }

    /// <summary>The refresh token stands in the Authorization header.</summary>
    private static IResult Refresh(HttpContext context, AccessTokens tokens)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || !tokens.IsRefreshToken(header[scheme.Length..].Trim()))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        }

        return Tokens(context, tokens);
    }

    private static IResult Tokens(HttpContext context, AccessTokens tokens)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new { isAuthenticated = true, accessToken = tokens.New(), refreshToken = tokens.NewRefreshToken() });
    }
}
