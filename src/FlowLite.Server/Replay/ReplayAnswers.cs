using FlowLite.Engine.Activities;

namespace FlowLite.Server.Replay;

/// <summary>Gives out a case's answers, one for each call, and notes what doesn't fit.</summary>
internal sealed class ReplayAnswers(ReplayCase @case, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _calls = [];
    private readonly List<string> _problems = [];
    private string _flow = "";

    /// <summary>Calls are of another flow's run from now on; null: of the case's own.</summary>
    public void CallsAreOf(string? definitionId) => _flow = definitionId is null ? "" : ReplayKeys.OfFlow(definitionId);

    /// <summary>What the case calls an activity that calls now.</summary>
    public string Key(string activity, string? itemPath) => _flow + ReplayKeys.Key(activity, itemPath);

    /// <summary>Calls that the case has no answer for, and answers that nobody called for.</summary>
    public IReadOnlyList<string> Problems()
    {
        lock (_lock)
        {
            var unused = from answers in @case.Answers
                         let calls = _calls.GetValueOrDefault(answers.Key)
                         where calls < answers.Value.Count
                         select $"{ReplayJson.Child("/connectors", answers.Key)}: {Number(answers.Value.Count)}, but {Times(calls)}. Remove what is too many, or find out why the flow stops earlier.";
            return [.. _problems, .. unused];
        }
    }

    /// <param name="fits">Whether it is an answer for such a call.</param>
    /// <exception cref="ActivityException">There is none that fits; the case fails.</exception>
    public ReplayAnswer Next(string key, Func<ReplayAnswer, bool> fits)
    {
        lock (_lock)
        {
            var call = _calls[key] = _calls.GetValueOrDefault(key) + 1;
            var answers = @case.Answers.GetValueOrDefault(key) ?? [];
            if (call > answers.Count)
            {
                throw Problem($"{ReplayJson.Child("/connectors", key)}: call {call}, at {time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}, has no answer; the case has {answers.Count}. Add one, or find out why the flow calls it again.");
            }

            return fits(answers[call - 1])
                ? answers[call - 1]
                : throw Problem($"{ReplayJson.Child("/connectors", key)}: call {call} can't be answered so: a record is created, or the creation fails; a request is answered, or fails.");
        }
    }

    /// <returns>To be thrown, so that the flow doesn't go on as if nothing were wrong.</returns>
    public ActivityException Problem(string problem)
    {
        lock (_lock)
        {
            _problems.Add(problem);
        }

        return new ActivityException("ReplayNoAnswer", problem);
    }

    public static ActivityException Exception(FailureAnswer failure) => new(failure.Code, failure.Message)
    {
        Retryable = failure.Retryable,
        RetryAfter = failure.RetryAfter,
        Details = failure.Details,
    };

    private static string Number(int answers) => answers == 1 ? "1 answer" : $"{answers} answers";

    private static string Times(int calls) => calls switch
    {
        0 => "it was never called",
        1 => "it was called once",
        _ => $"it was called {calls} times",
    };
}
