using System.Globalization;
using Microsoft.AspNetCore.Http.Extensions;

namespace FlowLite.Server.Api;

/// <summary>The part of a list that a request asks for: <c>top</c> entries (1 to 250) that are older than <c>before</c>.</summary>
internal readonly record struct PageQuery(int Top, Guid? Before)
{
    private const int DefaultTop = 50;
    private const int LargestTop = 250;

    /// <returns>Null when it is well formed, else the answer.</returns>
    public static IResult? TryRead(HttpRequest request, out PageQuery page)
    {
        page = default;
        var (top, before) = (request.Query["top"].ToString(), request.Query["before"].ToString());
        var (count, id) = (DefaultTop, Guid.Empty);
        if (top.Length > 0 && !(int.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= LargestTop))
        {
            return FlowErrors.BadRequest("InvalidQueryParameter", $"top is a number from 1 to {LargestTop}, not '{top}'.");
        }

        if (before.Length > 0 && !Guid.TryParse(before, out id))
        {
            return FlowErrors.BadRequest("InvalidQueryParameter", $"before is the id of an entry, not '{before}'.");
        }

        page = new PageQuery(count, before.Length > 0 ? id : null);
        return null;
    }

    /// <param name="found">One more than asked for tells that there are more.</param>
    public PageDto<TDto> Of<T, TDto>(IReadOnlyList<T> found, Func<T, Guid> id, Func<T, TDto> map, HttpRequest request)
    {
        var value = found.Take(Top).ToList();
        return new PageDto<TDto>([.. value.Select(map)], found.Count > Top ? NextLink(request, id(value[^1])) : null);
    }

    private static string NextLink(HttpRequest request, Guid before)
    {
        var query = new QueryBuilder(request.Query.Where(q => !q.Key.Equals("before", StringComparison.OrdinalIgnoreCase))
            .Select(q => KeyValuePair.Create(q.Key, q.Value.ToString()))) { { "before", before.ToString() } };
        return $"{request.PathBase}{request.Path}{query}";
    }
}

/// <param name="NextLink">Path and query of the next page; null on the last.</param>
internal sealed record PageDto<T>(IReadOnlyList<T> Value, string? NextLink);
