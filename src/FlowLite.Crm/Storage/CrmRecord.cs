using FlowLite.Crm.Model;

namespace FlowLite.Crm.Storage;

/// <summary>One stored record. Values stand in the order of the table's columns: string, long, double, Guid (the id) or null.</summary>
internal sealed class CrmRecord(CrmEntity entity, object?[] values)
{
    public CrmEntity Entity { get; } = entity;

    public object? this[CrmColumn column]
    {
        get => values[column.Ordinal];
        set => values[column.Ordinal] = value;
    }

    public Guid Id => (Guid)this[Entity.Id]!;

    public long Version => (long)this[Entity.Version]!;
}
