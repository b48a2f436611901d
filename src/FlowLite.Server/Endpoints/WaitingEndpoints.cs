using FlowLite.Activities.Http;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;

namespace FlowLite.Server.Endpoints;

/// <summary>A run that waits for a request, and what the request's path gives.</summary>
internal sealed record WaitingEndpoint(WaitingBookmark Waiting, EndpointSettings Settings, EndpointTemplate Template, IReadOnlyDictionary<string, string> Values);

/// <summary>Finds the runs that wait for a request, whatever version of their flow they are on and whether it is published.</summary>
public sealed class WaitingEndpoints(RunService runs, SecureValues secure, IInlineConstraintResolver constraints)
{
    private const int MostSegments = 12;
    /// <summary>With more than one a request is ambiguous anyway.</summary>
    private const int Enough = 100;
    private const int PageSize = 1_000;
    private static readonly Guid Names = new("3c1f6b1e-6a57-5a0c-9d0e-8b2d1d0f6f43");

    /// <summary>The run that a caller's own name of it stands for, in one flow.</summary>
    internal static Guid RunId(string definitionId, string name) => InstanceIds.Version5(Names, $"{definitionId}\n{name}");

    /// <param name="instanceId">A run's id, or the name that its caller gave it; null: any run.</param>
    internal async Task<IReadOnlyList<WaitingEndpoint>> FindAsync(HttpContext http, string path, string? correlationId, string? instanceId)
    {
        foreach (var key in EndpointKeys.Of(http.Request.Method, path, MostSegments))
        {
            var found = await FindAsync(http, path, key, correlationId, instanceId);
            if (found.Count > 0)
            {
                var best = found.Min(one => one.Template.Precedence);
                return [.. found.Where(one => one.Template.Precedence == best)];
            }
        }

        return [];
    }

    private async Task<List<WaitingEndpoint>> FindAsync(HttpContext http, string path, string key, string? correlationId, string? instanceId)
    {
        var found = new List<WaitingEndpoint>();
        if (Guid.TryParse(instanceId, out var runId))
        {
            found.AddRange(Matching(await runs.FindBookmarksAsync(BookmarkKind.Http, key, correlationId, PageSize, runId), path, http));
            if (found.Count > 0)
            {
                return found;
            }
        }

        // Paths that differ behind a parameter have one key: however many runs wait, the one that is called may be the last.
        WaitingBookmark? last = null;
        do
        {
            var page = await runs.FindBookmarksAsync(BookmarkKind.Http, key, correlationId, PageSize, after: last);
            found.AddRange(Matching(page.Where(one => instanceId is null || one.RunId == RunId(one.DefinitionId, instanceId)), path, http));
            last = page.Count == PageSize ? page[^1] : null;
        }
        while (last is not null && found.Count < Enough);

        return found;
    }

    private IEnumerable<WaitingEndpoint> Matching(IEnumerable<WaitingBookmark> waiting, string path, HttpContext http) =>
        waiting.Select(one => Match(one, path, http)).OfType<WaitingEndpoint>();

    private WaitingEndpoint? Match(WaitingBookmark waiting, string path, HttpContext http)
    {
        try
        {
            return waiting.Bookmark.Payload is { } payload && EndpointSettings.Read(secure.Open(payload)) is { } settings
                && EndpointTemplate.Parse(settings.Path, constraints) is var template && template.TryMatch(path, http, out var values)
                    ? new WaitingEndpoint(waiting, settings, template, values)
                    : null;
        }
        catch (FormatException)
        {
            // A path that an expression made and that is none: nobody can call it.
            return null;
        }
        catch (SecureValueLostException)
        {
            // Its settings are encrypted with another key ring.
            return null;
        }
    }
}
