using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Schema;

namespace FlowLite.Server.Replay;

/// <summary>One request to a flow, what connectors answer, and what has to come of it. The format: docs/replay-case.schema.json.</summary>
internal sealed partial class ReplayCase
{
    private static readonly DateTimeOffset DefaultNow = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);
    private static readonly JsonSchema Schema = ReadSchema();

    /// <summary>The file's name without its extension.</summary>
    public required string Name { get; init; }
    public required string Description { get; init; }
    public required DateTimeOffset Now { get; init; }
    public required JsonElement Request { get; init; }
    /// <summary>By activity name and item path, in the order of attempts.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<ReplayAnswer>> Answers { get; init; }
    public required JsonElement Expect { get; init; }

    /// <summary>For a flow that is only looked at.</summary>
    public static ReplayCase None { get; } = new()
    {
        Name = "",
        Description = "",
        Now = DefaultNow,
        Request = default,
        Answers = new Dictionary<string, IReadOnlyList<ReplayAnswer>>(),
        Expect = default,
    };

    /// <exception cref="ReplayCaseException">Every problem of the file, each with its JSON path.</exception>
    public static ReplayCase Read(string file)
    {
        var json = ReplayJson.ReadFile(file);
        var errors = Schema.Validate(json);
        if (errors.Count > 0)
        {
            throw new ReplayCaseException([.. errors.Select(e => $"{(e.Path.Length == 0 ? "/" : e.Path)}: {e.Message}")]);
        }

        return new ReplayCase
        {
            Name = Path.GetFileNameWithoutExtension(file),
            Description = json.GetProperty("description").GetString()!,
            Now = json.TryGetProperty("now", out var now)
                ? DateTimeOffset.Parse(now.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
                : DefaultNow,
            Request = json.GetProperty("request"),
            Answers = ReadAnswers(json),
            Expect = json.GetProperty("expect"),
        };
    }

    /// <param name="workflow">The case's own flow.</param>
    /// <param name="flows">All flows: a run of any of them may come of the case.</param>
    /// <exception cref="ReplayCaseException">It speaks of activities that the flows do not have.</exception>
    public void CheckNames(CompiledWorkflow workflow, FlowCatalog flows)
    {
        var own = workflow.Nodes.Values.Select(n => n.Name).ToList();
        var others = flows.Published.SelectMany(f => f.Workflow?.Nodes.Values.Select(n => ReplayKeys.OfFlow(f.Definition.DefinitionId) + n.Name) ?? []);
        var names = own.Concat(others).ToHashSet();
        var expected = Expect.TryGetProperty("activities", out var activities) ? activities.EnumerateObject().Select(a => (Path: "/expect/activities", a.Name)) : [];
        var unknown = Answers.Keys.Select(a => (Path: "/connectors", Name: a)).Concat(expected)
            .Where(a => !names.Contains(a.Name) && !names.Contains(ItemPath().Replace(a.Name, "")))
            .Select(a => $"{ReplayJson.Child(a.Path, a.Name)}: The flow has no activity of that name (it has: {string.Join(", ", own.Order(StringComparer.Ordinal).Select(n => $"'{n}'"))}).")
            .ToList();
        if (unknown.Count > 0)
        {
            throw new ReplayCaseException(unknown);
        }
    }

    private static Dictionary<string, IReadOnlyList<ReplayAnswer>> ReadAnswers(JsonElement json) =>
        json.TryGetProperty("connectors", out var connectors)
            ? connectors.EnumerateObject().ToDictionary(c => c.Name, c => (IReadOnlyList<ReplayAnswer>)[.. c.Value.EnumerateArray().SelectMany(ReadAnswer)])
            : [];

    private static IEnumerable<ReplayAnswer> ReadAnswer(JsonElement answer)
    {
        var read = answer.TryGetProperty("created", out var created)
            ? new ReplayAnswer(Created: new CreatedAnswer(Text(created, "recordId"), Text(created, "recordUrl"), Flag(created, "alreadyExisted")))
            : answer.TryGetProperty("answered", out var answered)
            ? new ReplayAnswer(Answered: ReadAnswered(answered))
            : new ReplayAnswer(Failure: ReadFailure(answer.GetProperty("failure")));
        return Enumerable.Repeat(read, answer.TryGetProperty("times", out var times) ? times.GetInt32() : 1);
    }

    private static HttpAnswered ReadAnswered(JsonElement answered) => new(
        answered.GetProperty("status").GetInt32(),
        answered.TryGetProperty("headers", out var headers) ? [.. headers.EnumerateObject().Select(h => KeyValuePair.Create(h.Name, h.Value.GetString()!))] : [],
        answered.TryGetProperty("body", out var body) ? body : null);

    private static FailureAnswer ReadFailure(JsonElement failure) => new(
        Text(failure, "code")!,
        Text(failure, "message")!,
        Flag(failure, "retryable"),
        Text(failure, "retryAfter") is { } retryAfter ? XmlConvert.ToTimeSpan(retryAfter) : null,
        failure.TryGetProperty("details", out var details) ? details : null);

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static bool Flag(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.GetBoolean();

    private static JsonSchema ReadSchema()
    {
        using var stream = typeof(ReplayCase).Assembly.GetManifestResourceStream("replay-case.schema.json")
            ?? throw new InvalidOperationException("The schema of replay cases is not in this build.");
        using var document = JsonDocument.Parse(stream);
        return JsonSchema.Compile(document.RootElement);
    }

    [GeneratedRegex(@"(\[[0-9]+\])+\z", RegexOptions.CultureInvariant)]
    private static partial Regex ItemPath();
}

/// <summary>What one attempt is answered: one of the three.</summary>
internal sealed record ReplayAnswer(CreatedAnswer? Created = null, HttpAnswered? Answered = null, FailureAnswer? Failure = null);

internal sealed record CreatedAnswer(string? RecordId, string? RecordUrl, bool AlreadyExisted);

internal sealed record FailureAnswer(string Code, string Message, bool Retryable, TimeSpan? RetryAfter, JsonElement? Details);

/// <summary>A case, or a flow, that can't be read as one.</summary>
internal sealed class ReplayCaseException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems => problems;
}
