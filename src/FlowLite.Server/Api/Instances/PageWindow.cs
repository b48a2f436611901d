namespace FlowLite.Server.Api.Instances;

/// <summary>Which of the things that go by are on the page, and how many went by.</summary>
internal sealed class PageWindow(long skip, int take)
{
    public const int LargestPage = 10_000;

    /// <summary>Query or body: <c>skip</c> and <c>take</c>, or <c>page</c> and <c>pageSize</c>.</summary>
    public static PageWindow Read(Func<string, int?> number)
    {
        var take = Math.Clamp(number("take") ?? number("pageSize") ?? LargestPage, 0, LargestPage);
        return new PageWindow(number("skip") ?? (long)(number("page") ?? 0) * take, take);
    }

    public int Count { get; private set; }

    /// <summary>Whether the next one is on the page.</summary>
    public bool Takes()
    {
        var at = Count++;
        return at >= skip && at - skip < take;
    }
}
