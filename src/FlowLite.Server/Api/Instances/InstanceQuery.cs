using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Reads what a list of runs is asked for: from the body of a POST, or from the query of a GET.</summary>
internal sealed class InstanceQuery
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;
    private const int MostTimes = 10;
    private const int FlowsFound = 1000;

    /// <summary>The only flow whose runs are wanted, its id escaped as in a URL: the page of one flow's runs has the Studio send it.</summary>
    public const string FlowHeader = "FlowLite-Flow";

    public const string TimeFilters = "timestampFilters";

    private readonly Func<string, IReadOnlyList<string>> _values;
    private readonly JsonElement _times;
    private readonly string? _flow;

    public InstanceQuery(JsonElement body, IHeaderDictionary headers)
    {
        _flow = Flow(headers);
        _values = name => JsonValues.TryGetMember(body, name, out var value) ? Texts(value) : [];
        _times = JsonValues.TryGetMember(body, TimeFilters, out var times) ? times : default;
    }

    public InstanceQuery(IQueryCollection query, IHeaderDictionary headers)
    {
        _flow = Flow(headers);
        _values = name => [.. query[name].OfType<string>().Where(v => v.Length > 0)];
    }

    /// <returns>The query, null when nothing can fit it; or why it can't be answered.</returns>
    public async ValueTask<(RunQuery? Query, string? Problem)> ReadAsync(IDefinitionStore definitions)
    {
        string[] statuses = [.. _values("status"), .. _values("statuses")];
        string[] subStatuses = [.. _values("subStatus"), .. _values("subStatuses")];
        if (!TryNumber("page", out var page) || !TryNumber("pageSize", out var pageSize) || !TryNumber("version", out var version)
            || !TryOrder(out var order) || !TryTimes(out var times)
            || !TryOneOf("orderDirection", ["Ascending", "Descending"], out var direction)
            || !TryOneOf("hasIncidents", ["true", "false"], out var hasIncidents)
            || !Array.TrueForAll([.. statuses, .. subStatuses], ElsaStatus.IsKnown))
        {
            return (null, "page, pageSize, version, status, subStatus, hasIncidents, orderBy (Created, LastExecuted, Finished, Name), orderDirection (Ascending, Descending) or timestampFilters is not valid.");
        }

        if (string.Equals(One("isSystem"), "true", StringComparison.OrdinalIgnoreCase))
        {
            // Nothing here is a system flow.
            return (null, null);
        }

        var take = Math.Clamp(pageSize ?? DefaultPage, 1, LargestPage);
        string[] definitionIds = [.. _values("definitionId"), .. _values("definitionIds")];
        if (_flow is not null)
        {
            if (definitionIds.Length > 0 && !definitionIds.Contains(_flow))
            {
                return (null, null);
            }

            definitionIds = [_flow];
        }

        return (new RunQuery
        {
            DefinitionIds = definitionIds.Length > 0 ? definitionIds : null,
            VersionIds = version is null ? Many("definitionVersionIds") : await VersionIdsAsync(definitions, version.Value, definitionIds),
            Statuses = ElsaStatus.Matching(statuses, subStatuses),
            CorrelationId = One("correlationId"),
            HasIncidents = hasIncidents is null ? null : hasIncidents == "true",
            Search = await SearchAsync(definitions),
            Times = times,
            OrderBy = order,
            Descending = direction != "Ascending",
            Skip = (int)Math.Min(int.MaxValue, (long)(page ?? 0) * take),
            Take = take,
        }, null);
    }

    private async ValueTask<RunSearch?> SearchAsync(IDefinitionStore definitions)
    {
        if (One("searchTerm")?.Trim() is not { Length: > 0 } term)
        {
            return null;
        }

        var named = await definitions.ListAsync(new DefinitionQuery(new VersionOptions(VersionKind.LatestOrPublished), 0, FlowsFound, SearchTerm: term));
        // One version by its id, too.
        var version = await definitions.FindVersionAsync(term);
        return new RunSearch(term, [.. named.Items.Select(d => d.DefinitionId).Append(version?.DefinitionId).OfType<string>().Distinct()]);
    }

    private static async ValueTask<IReadOnlyList<string>> VersionIdsAsync(IDefinitionStore definitions, int number, string[] definitionIds)
    {
        var page = await definitions.ListAsync(new DefinitionQuery(new VersionOptions(VersionKind.Number, number), DefinitionIds: definitionIds.Length > 0 ? definitionIds : null));
        return [.. page.Items.Select(d => d.Id)];
    }

    private static string? Flow(IHeaderDictionary headers) => headers[FlowHeader].ToString() is { Length: > 0 } id ? Uri.UnescapeDataString(id) : null;

    private string? One(string name) => _values(name) is [{ } value, ..] ? value : null;

    private IReadOnlyList<string>? Many(string name) => _values(name) is { Count: > 0 } values ? values : null;

    private bool TryNumber(string name, out int? number)
    {
        number = null;
        if (One(name) is not { } text)
        {
            return true;
        }

        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        number = value;
        return isNumber;
    }

    private bool TryOneOf(string name, string[] known, out string? value)
    {
        var text = One(name);
        value = known.FirstOrDefault(k => string.Equals(k, text, StringComparison.OrdinalIgnoreCase));
        return value is not null || text is null;
    }

    private bool TryOrder(out RunOrder order)
    {
        var known = TryOneOf("orderBy", ["Created", "LastExecuted", "Finished", "Name"], out var name);
        order = name switch { "LastExecuted" => RunOrder.Updated, "Finished" => RunOrder.Finished, "Name" => RunOrder.Flow, _ => RunOrder.Started };
        return known;
    }

    private bool TryTimes(out List<RunTimeFilter> filters)
    {
        filters = [];
        if (_times.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return true;
        }

        if (_times.ValueKind != JsonValueKind.Array || _times.GetArrayLength() > MostTimes)
        {
            return false;
        }

        foreach (var filter in _times.EnumerateArray())
        {
            if (!TryColumn(RequestJson.Text(filter, "column"), out var column)
                || !TryComparison(RequestJson.Text(filter, "operator"), out var comparison)
                || !DateTimeOffset.TryParse(RequestJson.Text(filter, "timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return false;
            }

            filters.Add(new RunTimeFilter(column, comparison, time));
        }

        return true;
    }

    private static bool TryColumn(string? name, out RunOrder column)
    {
        column = name?.ToUpperInvariant() switch { "UPDATEDAT" => RunOrder.Updated, "FINISHEDAT" => RunOrder.Finished, _ => RunOrder.Started };
        return column != RunOrder.Started || string.Equals(name, "CreatedAt", StringComparison.OrdinalIgnoreCase);
    }

    private static bool TryComparison(string? name, out TimeComparison comparison)
    {
        var known = name?.ToUpperInvariant() switch
        {
            "IS" => TimeComparison.Equal,
            "ISNOT" => TimeComparison.NotEqual,
            "LESSTHAN" => TimeComparison.Less,
            "LESSTHANOREQUAL" => TimeComparison.LessOrEqual,
            "GREATERTHAN" => TimeComparison.Greater,
            "GREATERTHANOREQUAL" => TimeComparison.GreaterOrEqual,
            _ => (TimeComparison?)null,
        };
        comparison = known ?? default;
        return known is not null;
    }

    private static IReadOnlyList<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(Texts)],
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? [text] : [],
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [value.GetRawText()],
        _ => [],
    };
}
