using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>
/// <c>customProperties.resilienceStrategy</c>: <c>{"type":"none|fixed|exponential","interval":"PT7S","count":4,
/// "minimumInterval":"PT5S","maximumInterval":"PT1H"}</c>, Flow's retry policy with Flow's bounds (1 to 90 attempts, up to a day).
/// What Elsa writes under that name, <c>{"mode","strategyId","expression"}</c>, chooses a strategy of its host's: there are none here.
/// </summary>
internal static class RetryPolicyReader
{
    public static void Read(ActivityNode node, JsonElement json, List<DefinitionProblem> problems)
    {
        var strategy = json.Member("customProperties").Member("resilienceStrategy");
        if (strategy.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return;
        }

        var path = $"{node.Path}/customProperties/resilienceStrategy";
        if (IsElsas(strategy))
        {
            var chosen = string.Equals(strategy.Text("mode"), "Expression", StringComparison.OrdinalIgnoreCase)
                ? IsMissing(strategy, "expression") ? null : "that an expression chooses"
                : strategy.Text("strategyId") is { } id ? $"'{id}'" : null;
            if (chosen is not null)
            {
                problems.Add(new DefinitionProblem(node.Id, path,
                    $$"""There is no resilience strategy {{chosen}} here: the default retry policy applies. A policy is written as {"type":"exponential","interval":"PT7S","count":4}.""",
                    IsWarning: true));
            }

            return;
        }

        var kind = strategy.Text("type");
        if (kind is null || !Enum.TryParse<RetryKind>(kind, ignoreCase: true, out var type) || !Enum.IsDefined(type))
        {
            Problem("type", "The retry policy's type is none, fixed or exponential.");
            return;
        }

        if (type == RetryKind.None)
        {
            node.Retry = RetryPolicy.None;
            return;
        }

        var interval = Duration("interval", null);
        var minimum = Duration("minimumInterval", TimeSpan.Zero);
        var maximum = Duration("maximumInterval", TimeSpan.FromHours(1));
        var count = strategy.Member("count") switch
        {
            { ValueKind: JsonValueKind.Undefined } => 4,
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var value) => value,
            { ValueKind: JsonValueKind.String } text when int.TryParse(text.GetString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) => value,
            _ => 0,
        };
        if (count is < 1 or > 90)
        {
            Problem("count", "The retry policy's count is a number from 1 to 90.");
        }

        if (minimum > maximum)
        {
            Problem("minimumInterval", "The retry policy's minimumInterval is above its maximumInterval.");
        }

        node.Retry = new RetryPolicy(type, interval, minimum, maximum, count);

        TimeSpan Duration(string name, TimeSpan? missing)
        {
            try
            {
                if (strategy.Text(name) is { } text)
                {
                    var value = InputValues.Duration(text);
                    return value >= TimeSpan.Zero && value <= TimeSpan.FromDays(1) ? value : throw new OverflowException();
                }
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                Problem(name, $"The retry policy's {name} is a duration such as PT7S, up to a day (P1D).");
                return default;
            }

            if (missing is null)
            {
                Problem(name, $"The retry policy needs an {name} such as PT7S.");
            }

            return missing ?? default;
        }

        void Problem(string name, string message) => problems.Add(new DefinitionProblem(node.Id, $"{path}/{name}", message));
    }

    private static bool IsElsas(JsonElement strategy) =>
        IsMissing(strategy, "type") && !(IsMissing(strategy, "mode") && IsMissing(strategy, "strategyId"));

    private static bool IsMissing(JsonElement strategy, string name) =>
        strategy.Member(name).ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
}
