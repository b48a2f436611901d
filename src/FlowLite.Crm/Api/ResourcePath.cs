using FlowLite.Crm.Model;

namespace FlowLite.Crm.Api;

/// <summary>What a data URL points to: a table, or one record of it.</summary>
/// <param name="Id">The record's id, or null for the table.</param>
internal readonly record struct ResourcePath(CrmEntity Entity, Guid? Id)
{
    /// <summary>Reads the part of the URL after the version: <c>leads</c> or <c>leads(guid)</c>.</summary>
    /// <exception cref="CrmRequestException">No such table, or a key that is not an id.</exception>
    public static ResourcePath Parse(string path)
    {
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
