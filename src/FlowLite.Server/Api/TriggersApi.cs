using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Server.Hosting;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowLite.Server.Api;

/// <summary>The signed URLs of a flow's triggers, and new keys for them.</summary>
internal static class TriggersApi
{
    public static void MapTriggersApi(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/flows/{definitionId}/triggers/{trigger}");
        group.MapPost("/listCallbackUrl", ListCallbackUrlAsync).WithSummary("The signed URL of a trigger").Produces<CallbackUrlDto>();
        group.MapPost("/regenerateAccessKey", RegenerateAccessKeyAsync).WithSummary("A new key for a flow's URLs; those of the old one are dead").Produces<CallbackUrlDto>();
    }

    /// <summary>Body <c>{"keyType":"Primary"|"Secondary"}</c> or none; gives <c>{value, method, basePath, queries, relativePath?}</c>.</summary>
    private static async Task<IResult> ListCallbackUrlAsync(
        string definitionId, string trigger, HttpContext http, IDefinitionStore store, FlowCatalog flows, TriggerUrls urls, FlowLiteOptions options)
    {
        if (await ReadKeyTypeAsync(http.Request) is not var (given, keyType) || (given && keyType is null))
        {
            return InvalidKeyType();
        }

        return await FindAsync(store, definitionId, trigger) is { } secrets
            ? CallbackUrl(secrets, trigger, keyType ?? KeyType.Primary, http, flows, urls, options)
            : NotFound(definitionId, trigger);
    }

    /// <summary>Body <c>{"keyType":"Primary"|"Secondary"}</c>. URLs signed with the old key are dead when this answers; those of the other key live on.</summary>
    private static async Task<IResult> RegenerateAccessKeyAsync(
        string definitionId, string trigger, HttpContext http, IDefinitionStore store, FlowCatalog flows, DefinitionService definitions, TriggerCatalog triggers, TriggerUrls urls, FlowLiteOptions options)
    {
        if (await ReadKeyTypeAsync(http.Request) is not (_, { } keyType))
        {
            return InvalidKeyType();
        }

        if (await FindAsync(store, definitionId, trigger) is null
            || await definitions.RegenerateKeyAsync(definitionId, keyType == KeyType.Primary) is not { } secrets)
        {
            return NotFound(definitionId, trigger);
        }

        triggers.Forget(definitionId);
        return CallbackUrl(secrets, trigger, keyType, http, flows, urls, options);
    }

    private static IResult CallbackUrl(FlowSecrets secrets, string trigger, KeyType keyType, HttpContext http, FlowCatalog flows, TriggerUrls urls, FlowLiteOptions options)
    {
        var settings = flows.Find(secrets.DefinitionId)?.Trigger(trigger)?.Activity as Activities.Http.HttpRequest;
        var relativePath = settings?.RelativePath?.Trim('/') is { Length: > 0 } path ? path : null;
        var address = PublicAddress.Of(http.Request, options);
        var value = urls.Create(secrets, trigger, address, keyType, relativePath ?? "");
        var queries = QueryHelpers.ParseQuery(new Uri(value).Query).ToDictionary(q => q.Key, q => q.Value.ToString());
        return Results.Json(new CallbackUrlDto(value, settings?.Method ?? HttpMethods.Post, TriggerUrls.BasePath(secrets.DefinitionId, trigger, address), queries, relativePath));
    }

    private static async ValueTask<FlowSecrets?> FindAsync(IDefinitionStore store, string definitionId, string trigger) =>
        await store.FindSecretsAsync(definitionId) is { } secrets && secrets.Triggers.Values.Contains(trigger) ? secrets : null;

    /// <returns>Null: the body is not what it should be. Else whether a key type was given, and which; null for an unknown one.</returns>
    private static async Task<(bool Given, KeyType? Type)?> ReadKeyTypeAsync(HttpRequest request)
    {
        using var text = new StreamReader(request.Body);
        var body = await text.ReadToEndAsync(request.HttpContext.RequestAborted);
        if (string.IsNullOrWhiteSpace(body))
        {
            return (false, null);
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            foreach (var member in json.RootElement.EnumerateObject().Where(m => m.Name.Equals("keyType", StringComparison.OrdinalIgnoreCase)))
            {
                return (true, Enum.GetValues<KeyType>().Cast<KeyType?>().FirstOrDefault(k => k.ToString()!.Equals(member.Value.ToString(), StringComparison.OrdinalIgnoreCase)));
            }

            return (false, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static IResult InvalidKeyType() =>
        FlowErrors.BadRequest("InvalidKeyType", "The body is an object whose keyType is Primary or Secondary.");

    private static IResult NotFound(string definitionId, string trigger) =>
        FlowErrors.NotFound("TriggerNotFound", $"The workflow '{definitionId}' trigger '{trigger}' could not be found, or was never published.");

    /// <param name="Method">The one that the trigger takes.</param>
    /// <param name="RelativePath">What follows the base path, with its parameters in braces.</param>
    private sealed record CallbackUrlDto(string Value, string Method, string BasePath, IReadOnlyDictionary<string, string> Queries, string? RelativePath);
}
