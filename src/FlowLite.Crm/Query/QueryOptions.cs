using System.Globalization;
using FlowLite.Crm.Api;
using FlowLite.Crm.Model;
using Microsoft.Extensions.Primitives;

namespace FlowLite.Crm.Query;

/// <summary>Reads OData's query options ($select, $filter, $orderby, $top, $count, $skiptoken) for one table.</summary>
internal static class QueryOptions
{
    public const string SkipToken = "$skiptoken";

    // Dataverse's largest page.
    private const int MaxPageSize = 5000;

    // The sort values of the last record travel in the next page's URL, which has to stay a legal request line.
    private const int MaxOrderColumns = 4;

    /// <param name="maxPageSize">From the Prefer header, or null.</param>
    /// <exception cref="CrmRequestException">An option is unknown, given twice or not valid.</exception>
    public static CrmQuery ReadList(CrmEntity entity, IQueryCollection query, int? maxPageSize)
    {
        Check(query, ["$select", "$filter", "$orderby", "$top", "$count", SkipToken]);
        var order = Order(entity, One(query, "$orderby"));
        var top = Top(One(query, "$top"));
        var after = One(query, SkipToken) is { } token ? PageMark.Decode(token, order) : null;
        return new CrmQuery(
            entity,
            Select(entity, One(query, "$select")),
            One(query, "$filter") is { } filter ? FilterParser.Parse(entity, filter) : null,
            order,
            Count(One(query, "$count")),
            after is null ? top : after.Left,
            Math.Clamp(maxPageSize ?? MaxPageSize, 1, MaxPageSize),
            after);
    }

    /// <summary>How many records fit: <c>$filter</c> only.</summary>
    /// <exception cref="CrmRequestException">An option is unknown, given twice or not valid.</exception>
    public static CrmQuery ReadCount(CrmEntity entity, IQueryCollection query)
    {
        Check(query, ["$filter"]);
        return ReadList(entity, query, maxPageSize: 1) with { Count = true };
    }

    /// <summary>The columns to answer with where one record is concerned; null for all.</summary>
    /// <exception cref="CrmRequestException">An option is unknown, given twice or not valid.</exception>
    public static IReadOnlyList<CrmColumn>? ReadSelect(CrmEntity entity, IQueryCollection query)
    {
        Check(query, ["$select"]);
        return Select(entity, One(query, "$select"));
    }

    private static void Check(IQueryCollection query, ReadOnlySpan<string> known)
    {
        foreach (var (name, values) in query)
        {
            if (name.StartsWith('$') && !known.Contains(name))
            {
                throw CrmErrors.BadQuery($"The query option '{name}' is not supported here.");
            }

            if (name.StartsWith('$') && values.Count > 1)
            {
                throw CrmErrors.BadQuery($"Query option '{name}' was specified more than once, but it must be specified at most once.");
            }
        }
    }

    private static string? One(IQueryCollection query, string name) =>
        query.TryGetValue(name, out StringValues values) && !string.IsNullOrWhiteSpace(values.ToString()) ? values.ToString() : null;

    private static List<CrmColumn>? Select(CrmEntity entity, string? select)
    {
        if (select is null)
        {
            return null;
        }

        // Dataverse always answers with the id.
        var columns = new List<CrmColumn> { entity.Id };
        foreach (var name in select.Split(',', StringSplitOptions.TrimEntries))
        {
            var column = Column(entity, name);
            if (!columns.Contains(column))
            {
                columns.Add(column);
            }
        }

        return columns;
    }

    private static List<CrmOrder> Order(CrmEntity entity, string? orderBy)
    {
        var order = new List<CrmOrder>();
        foreach (var item in orderBy?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        {
            var words = item.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length is 0 or > 2 || (words.Length == 2 && words[1] is not ("asc" or "desc")))
            {
                throw CrmErrors.BadQuery($"Syntax error in '$orderby': '{item}'.");
            }

            var column = Column(entity, words[0]);
            if (column.Type == CrmColumnType.Memo)
            {
                throw CrmErrors.BadQuery($"Sorting by the memo column '{column.LogicalName}' is not supported.");
            }

            order.Add(new CrmOrder(column, words.Length == 2 && words[1] == "desc"));
        }

        return order.Count <= MaxOrderColumns
            ? order
            : throw CrmErrors.BadQuery($"'$orderby' takes at most {MaxOrderColumns} columns.");
    }

    private static long? Top(string? top)
    {
        if (top is null)
        {
            return null;
        }

        return int.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw CrmErrors.BadQuery($"Invalid value '{top}' for $top query option found. The $top query option requires a non-negative integer value.");
    }

    private static bool Count(string? count) => count switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw CrmErrors.BadQuery($"Invalid value '{count}' for $count query option found. Valid values are 'true' or 'false'."),
    };

    private static CrmColumn Column(CrmEntity entity, string name) =>
        entity.Find(name) ?? throw CrmErrors.UnknownQueryColumn(name, entity.LogicalName);
}
