using System.Security.Cryptography;
using System.Text.Json;
using FlowLite.Server.Api;
using FlowLite.Server.Api.Descriptors;

namespace FlowLite.Server.Studio;

/// <summary>
/// Every activity that the Studio knows, from all sources. The Studio asks for all of them after each save, so the answer is
/// kept as bytes until a source has another list.
/// </summary>
public sealed class StudioActivities(IEnumerable<StudioActivitySource> sources)
{
    private readonly IReadOnlyList<StudioActivitySource> _sources = [.. sources];
    private volatile Snapshot? _snapshot;

    /// <summary>Sorted by type name and version.</summary>
    public IReadOnlyList<StudioActivity> All => Current.All;

    /// <summary>The newest version of a type, or the given one; null: there is none.</summary>
    public StudioActivity? Find(string typeName, int? version = null) =>
        Current.All.LastOrDefault(activity => activity.TypeName == typeName && (version is null || activity.Version == version));

    /// <summary><c>{"items":[…],"count"}</c> and a strong ETag of it.</summary>
    public (ReadOnlyMemory<byte> Json, string ETag) Answer => (Current.Json, Current.ETag);

    private Snapshot Current
    {
        get
        {
            var lists = _sources.Select(source => source()).ToList();
            var known = _snapshot;
            if (known is not null && known.Lists.SequenceEqual(lists, ReferenceEqualityComparer.Instance))
            {
                return known;
            }

            return _snapshot = new Snapshot(lists);
        }
    }

    private sealed class Snapshot
    {
        public Snapshot(IReadOnlyList<IReadOnlyList<StudioActivity>> lists)
        {
            Lists = lists;
            // What two sources claim is the first one's: the Studio shows nothing at all when a type stands twice.
            All = [.. lists.SelectMany(list => list)
                .DistinctBy(activity => (activity.TypeName, activity.Version))
                .OrderBy(activity => activity.TypeName, StringComparer.Ordinal)
                .ThenBy(activity => activity.Version)];
            var json = JsonSerializer.SerializeToUtf8Bytes(new ItemsDto<StudioActivity>(All), ApiJson.Options);
            Json = json;
            ETag = $"\"{Convert.ToHexStringLower(SHA256.HashData(json)[..16])}\"";
        }

        public IReadOnlyList<IReadOnlyList<StudioActivity>> Lists { get; }
        public IReadOnlyList<StudioActivity> All { get; }
        public ReadOnlyMemory<byte> Json { get; }
        public string ETag { get; }
    }
}
