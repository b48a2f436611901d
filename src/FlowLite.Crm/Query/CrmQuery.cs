using FlowLite.Crm.Model;
using FlowLite.Crm.Storage;

namespace FlowLite.Crm.Query;

internal readonly record struct CrmOrder(CrmColumn Column, bool Descending);

/// <summary>A list request, checked against its table.</summary>
/// <param name="Select">Columns to answer with; null for all.</param>
/// <param name="Top">Most records that all pages together may still give, or null.</param>
/// <param name="PageSize">Most records in one page.</param>
/// <param name="After">Where the previous page ended, or null for the first.</param>
internal sealed record CrmQuery(
    CrmEntity Entity,
    IReadOnlyList<CrmColumn>? Select,
    SqlFragment? Filter,
    IReadOnlyList<CrmOrder> Order,
    bool Count,
    long? Top,
    int PageSize,
    PageMark? After);

/// <param name="Count">All that match, of all pages; null if not asked for.</param>
/// <param name="Next">Where this page ended, or null if it is the last.</param>
internal sealed record CrmPage(IReadOnlyList<CrmRecord> Records, long? Count, PageMark? Next);
