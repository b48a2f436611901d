using System.Text.Json;
using System.Xml;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Server.Triggers;

namespace FlowLite.Server.Replay;

/// <summary>What came of a request, in the shape of a case's <c>expect</c>.</summary>
internal sealed class ReplayOutcome
{
    private static readonly JsonElement Skipped = JsonSerializer.SerializeToElement(new { status = "Skipped" });

    private Refusal? _refusal;
    private string _status = "";
    private Dictionary<string, JsonElement> _activities = [];
    private TimeSpan _elapsed;
    /// <summary>incidents, log, response</summary>
    private JsonElement _rest;
    /// <summary>Why a run is not in the status that was expected.</summary>
    private string _because = "";

    public static ReplayOutcome Refused(Refusal refusal) => new() { _refusal = refusal };

    /// <param name="others">The runs that came of it: those of other flows, and further ones of this.</param>
    /// <param name="answer">What the sender was answered.</param>
    public static ReplayOutcome Of(RunHistory history, IEnumerable<RunHistory> others, TimeSpan elapsed, ReplayResponse answer, CompiledWorkflow workflow)
    {
        var actions = history.Actions.Select(a => (Key: ReplayKeys.Key(a.Name, a.ItemPath), Action: a))
            .Concat(others.SelectMany(run => run.Actions.Select(a => (Key: ReplayKeys.OfFlow(run.Summary.DefinitionId) + ReplayKeys.Key(a.Name, a.ItemPath), Action: a))));
        var incidents = history.Incidents.Select(i => (Activity: workflow.Node(i.Activity).Name, i.Failure)).ToList();
        return new ReplayOutcome
        {
            _status = history.Summary.Status.ToString(),
            // Where connections lead in a circle, or a flow ran several times, an activity's last execution stands for it.
            _activities = actions.GroupBy(a => a.Key).ToDictionary(a => a.Key, a => Json(a.Last().Action)),
            _elapsed = elapsed,
            _because = string.Concat(incidents.TakeLast(1).Select(i => $" ({i.Activity}: {i.Failure.Code}: {i.Failure.Message})")),
            _rest = JsonSerializer.SerializeToElement(new
            {
                incidents = incidents.Select(i => new { activity = i.Activity, code = i.Failure.Code }),
                log = history.Actions.OrderBy(a => a.EndTime).SelectMany(a => a.Log),
                response = new { status = answer.Status, headers = answer.Headers, body = answer.Body },
            }),
        };
    }

    /// <param name="expect">What the case expects; only what it names is compared.</param>
    /// <param name="records">What connectors were asked to create.</param>
    /// <param name="requests">What the flow sent.</param>
    public IEnumerable<ReplayDifference> Compare(JsonElement expect, JsonElement records, JsonElement requests)
    {
        foreach (var expected in expect.EnumerateObject())
        {
            var path = ReplayJson.Child("/expect", expected.Name);
            var differences = expected.Name switch
            {
                "status" => CompareStatus(expected.Value, path),
                "refused" => CompareRefusal(expected.Value, path),
                "records" => ReplayJson.Compare(expected.Value, records, path),
                "requests" => ReplayJson.Compare(expected.Value, requests, path),
                _ when _refusal is not null => [],
                "activities" => expected.Value.EnumerateObject().SelectMany(a => CompareActivity(a, path)),
                "elapsed" => CompareElapsed(expected.Value, path),
                "response" => CompareResponse(expected.Value, path),
                _ => ReplayJson.Compare(expected.Value, _rest.GetProperty(expected.Name), path),
            };
            foreach (var difference in differences)
            {
                yield return difference;
            }
        }
    }

    private IEnumerable<ReplayDifference> CompareStatus(JsonElement expected, string path)
    {
        if (_refusal is not null)
        {
            yield return new ReplayDifference(path, expected.GetString()!, $"no run, refused with {Text(_refusal)}");
        }
        else if (expected.GetString() != _status)
        {
            yield return new ReplayDifference(path, expected.GetString()!, _status + _because);
        }
    }

    private IEnumerable<ReplayDifference> CompareRefusal(JsonElement expected, string path)
    {
        if (_refusal is null)
        {
            yield return new ReplayDifference(path, ReplayJson.Text(expected), $"accepted; the run is {_status}{_because}");
            yield break;
        }

        if (expected.GetProperty("status").GetInt32() != _refusal.Status || expected.GetProperty("code").GetString() != _refusal.Code)
        {
            yield return new ReplayDifference(path, $"{expected.GetProperty("status")} {expected.GetProperty("code")}", Text(_refusal));
        }

        if (expected.TryGetProperty("messageContains", out var part) && !_refusal.Message.Contains(part.GetString()!, StringComparison.Ordinal))
        {
            yield return new ReplayDifference(ReplayJson.Child(path, "messageContains"), ReplayJson.Text(part), ReplayJson.Text(JsonValues.String(_refusal.Message)));
        }
    }

    private IEnumerable<ReplayDifference> CompareActivity(JsonProperty expected, string path) =>
        ReplayJson.Compare(expected.Value, _activities.GetValueOrDefault(expected.Name, Skipped), ReplayJson.Child(path, expected.Name), partial: true);

    private IEnumerable<ReplayDifference> CompareElapsed(JsonElement expected, string path)
    {
        if (XmlConvert.ToTimeSpan(expected.GetString()!) != _elapsed)
        {
            yield return new ReplayDifference(path, expected.GetString()!, XmlConvert.ToString(_elapsed));
        }
    }

    // Headers that the case does not name are the server's business; a body that it names is compared as a whole.
    private IEnumerable<ReplayDifference> CompareResponse(JsonElement expected, string path)
    {
        var response = _rest.GetProperty("response");
        return expected.EnumerateObject().SelectMany(member =>
            ReplayJson.Compare(member.Value, response.GetProperty(member.Name), ReplayJson.Child(path, member.Name), partial: member.Name == "headers"));
    }

    private static JsonElement Json(ActionHistory action)
    {
        var error = action.Attempts.Count > 0 ? action.Attempts[^1].Error : null;
        return JsonSerializer.SerializeToElement(new
        {
            status = action.Status,
            attempts = action.Attempts.Count,
            outputs = action.Outputs,
            error = error is null ? null : new { code = error.Code },
        });
    }

    private static string Text(Refusal refusal) => $"{refusal.Status} {refusal.Code}: {refusal.Message}";
}
