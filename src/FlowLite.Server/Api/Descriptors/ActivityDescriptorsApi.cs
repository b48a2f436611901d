using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Server.Hosting;
using FlowLite.Server.Studio;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Api.Descriptors;

/// <summary>What activities there are and what can be chosen in them.</summary>
internal static class ActivityDescriptorsApi
{
    private const int LargestBody = 4 * 1024 * 1024;
    private const int DeepestBody = 128;

    public static void MapActivityDescriptorsApi(this RouteGroupBuilder api)
    {
        var activities = api.MapGroup("/descriptors/activities");
        activities.MapGet("/", ListAsync)
            .WithSummary("All activities, with their inputs, outputs and ports")
            .Produces<ItemsDto<StudioActivity>>()
            .Produces(StatusCodes.Status304NotModified);
        activities.MapGet("/{typeName}", Get)
            .WithSummary("One activity, in its newest version or in the one of the query")
            .Produces<StudioActivity>()
            .Produces(StatusCodes.Status404NotFound);
        activities.MapPost("/{typeName}/options/{propertyName}", OptionsAsync)
            .WithSummary("What can be chosen in an input, given the activity's other inputs")
            .WithMetadata(new RequestSizeLimitAttribute(2L * LargestBody))
            .Accepts<OptionsQueryDto>("application/json")
            .Produces<OptionsDto>()
            .Produces(StatusCodes.Status404NotFound);
    }

    /// <summary>Unchanged since <c>If-None-Match</c>: 304. The Studio's <c>Refresh</c> asks for nothing more, as what is known is always told.</summary>
    private static async Task<IResult> ListAsync(HttpContext http, StudioActivities activities, RecordViews records)
    {
        await records.OfferAsync(http.RequestAborted);
        var (json, etag) = activities.Answer;
        http.Response.Headers.ETag = etag;
        http.Response.Headers.CacheControl = "private, no-cache";
        return http.Request.Headers.IfNoneMatch.ToString().Split(',').Any(tag => tag.Trim() is var one && (one == etag || one == "*" || one == $"W/{etag}"))
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(json, "application/json; charset=utf-8");
    }

    private static IResult Get(string typeName, int? version, StudioActivities activities) =>
        activities.Find(typeName, version) is { } activity ? Results.Json(activity, ApiJson.Options) : Results.NotFound();

    private static async Task<IResult> OptionsAsync(string typeName, string propertyName, HttpContext http, StudioActivities activities, IEnumerable<StudioOptionsSource> sources, FlowLiteOptions options)
    {
        var input = activities.Find(typeName)?.Inputs.FirstOrDefault(i => i.Name.Equals(propertyName, StringComparison.OrdinalIgnoreCase));
        if (input is null)
        {
            return Results.NotFound();
        }

        var context = JsonValues.EmptyObject;
        if (http.Request.ContentLength != 0)
        {
            var body = await RequestJson.ReadAsync(http, LargestBody, DeepestBody);
            if (body.Refusal is not null)
            {
                return body.Refusal;
            }

            context = JsonValues.TryGetMember(body.Json, "context", out var given) && given.ValueKind == JsonValueKind.Object ? given : context;
        }

        return Results.Json(new OptionsDto(await ChoicesAsync(
            new StudioOptionsQuery(typeName, input.Name, context) { Address = PublicAddress.Of(http.Request, options) }, input, sources, http.RequestAborted)), ApiJson.Options);
    }

    private static async ValueTask<IReadOnlyDictionary<string, JsonElement>> ChoicesAsync(
        StudioOptionsQuery query, StudioInput input, IEnumerable<StudioOptionsSource> sources, CancellationToken cancellationToken)
    {
        var own = input.UiSpecifications ?? new Dictionary<string, JsonElement>();
        foreach (var source in sources)
        {
            if (await source(query, cancellationToken) is { } found)
            {
                // What is answered takes the place of the input's own specifications, with them of its wish to be refreshed.
                return new Dictionary<string, JsonElement>(found) { [UiSpecifications.Refresh] = JsonValues.True };
            }
        }

        return own;
    }

    private sealed record OptionsQueryDto(IReadOnlyDictionary<string, JsonElement>? Context);

    private sealed record OptionsDto(IReadOnlyDictionary<string, JsonElement> Items);
}
