using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Server.Hosting;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowLite.Server.Api;

/// <summary>The signed URLs of a flow's triggers, and new keys for them.</summary>
internal static partial class TriggersApi
{
    public static void MapTriggersApi(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/flows/{definitionId}/triggers/{trigger}");
        group.MapPost("/listCallbackUrl", ListCallbackUrlAsync).WithSummary("The signed URL of a trigger").Produces<CallbackUrlDto>();
        group.MapPost("/regenerateAccessKey", RegenerateAccessKeyAsync).WithSummary("A new key for a flow's URLs; those of the old one are dead").Produces<CallbackUrlDto>();
    }

    /// <summary>Body <c>{"keyType":"Primary"|"Secondary","notAfter":"2026-12-31T23:59:59Z"}</c>, a part of it or none; gives <c>{value, method, basePath, queries, relativePath?}</c>.</summary>
    private static async Task<IResult> ListCallbackUrlAsync(
        string definitionId, string trigger, HttpContext http, IDefinitionStore store, FlowCatalog flows, TriggerUrls urls, FlowLiteOptions options, TimeProvider time)
    {
        if (await ReadAsync(http.Request) is not { } request || !TryReadKeyType(request, out var keyType))
        {
            return InvalidKeyType();
        }

        if (!TryReadNotAfter(request, time.GetUtcNow(), out var notAfter))
        {
            return FlowErrors.BadRequest("InvalidNotAfter", "notAfter is a time in the future with its offset from UTC, such as 2026-12-31T23:59:59Z.");
        }

        return await FindAsync(store, definitionId, trigger) is { } secrets
            ? CallbackUrl(secrets, trigger, keyType ?? KeyType.Primary, notAfter, http, flows, urls, options)
            : NotFound(definitionId, trigger);
    }

    /// <summary>Body <c>{"keyType":"Primary"|"Secondary"}</c>. URLs signed with the old key are dead when this answers; those of the other key live on.</summary>
    private static async Task<IResult> RegenerateAccessKeyAsync(
        string definitionId, string trigger, HttpContext http, IDefinitionStore store, FlowCatalog flows, DefinitionService definitions, TriggerCatalog triggers, TriggerUrls urls, FlowLiteOptions options)
    {
        if (await ReadAsync(http.Request) is not { } request || !TryReadKeyType(request, out var given) || given is not { } keyType)
        {
            return InvalidKeyType();
        }

        if (await FindAsync(store, definitionId, trigger) is null
            || await definitions.RegenerateKeyAsync(definitionId, keyType == KeyType.Primary) is not { } secrets)
        {
            return NotFound(definitionId, trigger);
        }

        triggers.Forget(definitionId);
        return CallbackUrl(secrets, trigger, keyType, null, http, flows, urls, options);
    }

    private static IResult CallbackUrl(FlowSecrets secrets, string trigger, KeyType keyType, DateTimeOffset? notAfter, HttpContext http, FlowCatalog flows, TriggerUrls urls, FlowLiteOptions options)
    {
        var settings = flows.Find(secrets.DefinitionId)?.Trigger(trigger)?.Activity as Activities.Http.HttpRequest;
        var relativePath = settings?.RelativePath?.Trim('/') is { Length: > 0 } path ? path : null;
        var address = PublicAddress.Of(http.Request, options);
        var value = urls.Create(secrets, trigger, address, keyType, relativePath ?? "", notAfter);
        var queries = QueryHelpers.ParseQuery(new Uri(value).Query).ToDictionary(q => q.Key, q => q.Value.ToString());
        return Results.Json(new CallbackUrlDto(value, settings?.Method ?? HttpMethods.Post, TriggerUrls.BasePath(secrets.DefinitionId, trigger, address), queries, relativePath));
    }

    private static async ValueTask<FlowSecrets?> FindAsync(IDefinitionStore store, string definitionId, string trigger) =>
        await store.FindSecretsAsync(definitionId) is { } secrets && secrets.Triggers.Values.Contains(trigger) ? secrets : null;

    /// <returns>Null: the body is neither empty nor an object.</returns>
    private static async Task<JsonElement?> ReadAsync(HttpRequest request)
    {
        using var text = new StreamReader(request.Body);
        var body = await text.ReadToEndAsync(request.HttpContext.RequestAborted);
        if (string.IsNullOrWhiteSpace(body))
        {
            return JsonValues.EmptyObject;
        }

        try
        {
            return JsonElement.Parse(body) is { ValueKind: JsonValueKind.Object } json ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <returns>False: there is one, but none that is known.</returns>
    private static bool TryReadKeyType(JsonElement request, out KeyType? keyType)
    {
        keyType = null;
        if (!TryReadText(request, "keyType", out var text))
        {
            return true;
        }

        keyType = Enum.GetValues<KeyType>().Cast<KeyType?>().FirstOrDefault(k => k.ToString()!.Equals(text, StringComparison.OrdinalIgnoreCase));
        return keyType is not null;
    }

    private static bool TryReadNotAfter(JsonElement request, DateTimeOffset now, out DateTimeOffset? notAfter)
    {
        notAfter = null;
        if (!TryReadText(request, "notAfter", out var text))
        {
            return true;
        }

        // Without an offset nobody could say which moment is meant.
        if (text is null || !OffsetAtTheEnd().IsMatch(text)
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) || time <= now)
        {
            return false;
        }

        notAfter = time;
        return true;
    }

    /// <returns>False: there is no such member. A text of null: it is none.</returns>
    private static bool TryReadText(JsonElement request, string name, out string? text)
    {
        text = null;
        try
        {
            if (!JsonValues.TryGetMember(request, name, out var value))
            {
                return false;
            }

            text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no text.
        }

        return true;
    }

    [GeneratedRegex(@"T.*(?:[Zz]|[+-]\d\d:?\d\d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex OffsetAtTheEnd();

    private static IResult InvalidKeyType() =>
        FlowErrors.BadRequest("InvalidKeyType", "The body is an object whose keyType is Primary or Secondary.");

    private static IResult NotFound(string definitionId, string trigger) =>
        FlowErrors.NotFound("TriggerNotFound", $"The workflow '{definitionId}' trigger '{trigger}' could not be found, or was never published.");

    /// <param name="Method">The one that the trigger takes.</param>
    /// <param name="RelativePath">What follows the base path, with its parameters in braces.</param>
    private sealed record CallbackUrlDto(string Value, string Method, string BasePath, IReadOnlyDictionary<string, string> Queries, string? RelativePath);
}
