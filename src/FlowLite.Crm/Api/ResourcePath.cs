using FlowLite.Crm.Model;

namespace FlowLite.Crm.Api;

/// <summary>What a data URL points to: a table, how many records it has, one record of it, or one column of that.</summary>
/// <param name="Id">The record's id, or null for the table.</param>
/// <param name="IsCount"><c>leads/$count</c>.</param>
internal readonly record struct ResourcePath(CrmEntity Entity, Guid? Id, CrmColumn? Column = null, bool IsCount = false)
{
    /// <summary>Reads the part of the URL after the version: <c>leads</c>, <c>leads/$count</c>, <c>leads(guid)</c> or <c>leads(guid)/column</c>.</summary>
    /// <exception cref="CrmRequestException">No such table, or a key that is not an id.</exception>
    public static ResourcePath Parse(string path)
    {
        const string count = "/$count";
        if (path.EndsWith(count, StringComparison.Ordinal) && CrmModel.FindBySetName(path[..^count.Length]) is { } counted)
        {
            return new ResourcePath(counted, null, IsCount: true);
        }

        var slash = path.LastIndexOf(")/", StringComparison.Ordinal);
        if (slash >= 0)
        {
            var record = Parse(path[..(slash + 1)]);
            return record with { Column = record.Entity.Find(path[(slash + 2)..]) ?? throw CrmErrors.UnknownSegment(path[(slash + 2)..]) };
        }

        var open = path.IndexOf('(', StringComparison.Ordinal);
        var segment = open < 0 ? path : path[..open];
        var entity = CrmModel.FindBySetName(segment) ?? throw CrmErrors.UnknownSegment(segment);
        if (open < 0)
        {
            return new ResourcePath(entity, null);
        }

        return path.EndsWith(')') && Guid.TryParseExact(path[(open + 1)..^1], "D", out var id)
            ? new ResourcePath(entity, id)
            : throw CrmErrors.BadKey(entity.LogicalName);
    }
}
