namespace FlowLite.Server.Api.Descriptors;

/// <summary>Elsa's list that has no pages.</summary>
internal sealed record ItemsDto<T>(IReadOnlyList<T> Items)
{
    public int Count => Items.Count;
}
