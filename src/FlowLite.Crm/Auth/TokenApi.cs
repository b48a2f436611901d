using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlowLite.Crm.Api;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace FlowLite.Crm.Auth;

/// <summary>The token endpoint: OAuth 2.0 client credentials (RFC 6749, 4.4), with errors in Azure AD's shape.</summary>
internal sealed class TokenApi(CrmGate gate, TimeProvider time)
{
    private const int MaxFormBytes = 16 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Pragma = "no-cache";
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "invalid_request", 900561, "The endpoint only accepts POST requests.");
            return;
        }

        if (await ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var grantType = Field(form, "grant_type");
        if (grantType.Length == 0)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.");
        }
        else if (grantType != "client_credentials")
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
        }
        else if (Credentials(context.Request, form) is not var (id, secret) || gate.Exchange(id, secret) is not { } token)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"crm\"";
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "invalid_client", 7000215, "Invalid client id or client secret provided.");
        }
        else
        {
            await SendAsync(context, StatusCodes.Status200OK, writer =>
            {
                var lifetime = (int)TokenMint.Lifetime.TotalSeconds;
                writer.WriteString("token_type", "Bearer");
                writer.WriteNumber("expires_in", lifetime);
                writer.WriteNumber("ext_expires_in", lifetime);
                writer.WriteString("access_token", token);
            });
        }
    }

    /// <summary>The form, or null after having refused it.</summary>
    private async Task<Dictionary<string, StringValues>?> ReadFormAsync(HttpContext context)
    {
        try
        {
            var bytes = await RequestBody.ReadAsync(context.Request, MaxFormBytes, context.RequestAborted);
            using var reader = new FormReader(Encoding.UTF8.GetString(bytes));
            return reader.ReadForm();
        }
        catch (CrmRequestException exception)
        {
            await RefuseAsync(context, exception.Status, "invalid_request", 90014, exception.Message);
        }
        catch (BadHttpRequestException exception)
        {
            await RefuseAsync(context, exception.StatusCode, "invalid_request", 90014, "The request could not be read.");
        }
        catch (InvalidDataException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "invalid_request", 90014, "The request body is not a form.");
        }

        return null;
    }

    /// <summary>Id and secret from HTTP Basic (RFC 6749, 2.3.1: each URL-encoded), else from the form; null if Basic is not readable.</summary>
    private static (string Id, string Secret)? Credentials(HttpRequest request, Dictionary<string, StringValues> form)
    {
        if (!AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
            || !string.Equals(header.Scheme, "Basic", StringComparison.OrdinalIgnoreCase))
        {
            return (Field(form, "client_id"), Field(form, "client_secret"));
        }

        var bytes = new byte[header.Parameter?.Length ?? 0];
        if (!Convert.TryFromBase64String(header.Parameter ?? "", bytes, out var length))
        {
            return null;
        }

        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return parts.Length == 2 ? (Decode(parts[0]), Decode(parts[1])) : null;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static string Field(Dictionary<string, StringValues> form, string name) => form.TryGetValue(name, out var values) ? values.ToString() : "";

    private Task RefuseAsync(HttpContext context, int status, string error, int code, string message) => SendAsync(context, status, writer =>
    {
        var trace = Guid.CreateVersion7(time.GetUtcNow());
        writer.WriteString("error", error);
        writer.WriteString("error_description", $"AADSTS{code}: {message}");
        writer.WriteStartArray("error_codes");
        writer.WriteNumberValue(code);
        writer.WriteEndArray();
        writer.WriteString("timestamp", time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        writer.WriteString("trace_id", trace);
        writer.WriteString("correlation_id", trace);
    });

    private static async Task SendAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var json = RecordJson.Object(write);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
