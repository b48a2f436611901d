using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FlowLite.Server.Auth;
using Microsoft.AspNetCore.Http.HttpResults;
using Scalar.AspNetCore;

namespace FlowLite.Server.Api.Reference;

/// <summary>The REST API described as OpenAPI, and a page to browse it. Both are behind the sign-in.</summary>
public static partial class ReferenceHosting
{
    public const string DocumentPath = "/openapi/v1.json";
    public const string PagePath = "/docs/api";
    private const string DocumentName = "v1";

    /// <summary>What the page may load and call: this server and nothing else, whatever its script would like.</summary>
    private const string PagePolicy =
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public static IServiceCollection AddApiReference(this IServiceCollection services) => services.AddOpenApi(DocumentName, options =>
    {
        options.ShouldInclude = api => OperationTexts.IsOurs(api.RelativePath ?? "");
        options.AddOperationTransformer(OperationTexts.DescribeAsync);
        options.AddOperationTransformer(OperationShapes.DescribeAsync);
        options.AddDocumentTransformer(ReferenceDocument.CompleteAsync);
    });

    public static IEndpointRouteBuilder MapApiReference(this IEndpointRouteBuilder app)
    {
        // The page is a browser's; what it describes is anybody's who is signed in, with a session or a token.
        app.MapOpenApi("/openapi/{documentName}.json").RequireAuthorization(policy =>
            policy.AddAuthenticationSchemes(SessionCookie.Scheme, AuthHosting.Scheme).RequireAuthenticatedUser());
        app.MapScalarApiReference(PagePath, Configure).RequireAuthorization(SessionCookie.Policy).AddEndpointFilter(async (invocation, next) =>
        {
            var result = await next(invocation);
            var headers = invocation.HttpContext.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.ContentSecurityPolicy = $"{PagePolicy}; script-src 'self'{(result is ContentHttpResult { ResponseContent: { } page } ? Hashes(page) : "")}";
            return result;
        });
        return app;
    }

    /// <summary>Of the page's own scripts, which alone may stand in it.</summary>
    private static string Hashes(string page) => string.Concat(InlineScript().Matches(page)
        .Select(script => $" 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script.Groups[1].Value.ReplaceLineEndings("\n"))))}'"));

    [GeneratedRegex(@"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex InlineScript();

    // Its script is in the package; all that would call the maker of it is off.
    private static void Configure(ScalarOptions page)
    {
        page.Title = "FlowLite API";
        page.OpenApiRoutePattern = DocumentPath;
        page.DefaultFonts = false;
        page.Telemetry = false;
        page.HideClientButton = true;
        page.ShowDeveloperTools = DeveloperToolsVisibility.Never;
        page.AddPreferredSecuritySchemes(ReferenceDocument.Scheme);
        page.DisableAgent();
        page.DisableMcp();
    }
}
