using System.Collections.Concurrent;
using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Api.Instances;

/// <summary>Runs know their version by its id, people by its number. A version's number never changes.</summary>
internal sealed class VersionNumbers(IDefinitionStore store)
{
    private readonly ConcurrentDictionary<string, int> _numbers = new();

    /// <summary>The numbers of those that are in the catalogue, by id.</summary>
    public async ValueTask<IReadOnlyDictionary<string, int>> OfAsync(IEnumerable<string> versionIds)
    {
        var wanted = versionIds.Distinct().ToList();
        var missing = wanted.Where(id => !_numbers.ContainsKey(id)).ToList();
        if (missing.Count > 0)
        {
            foreach (var version in (await store.ListAsync(new DefinitionQuery(default, Ids: missing))).Items)
            {
                _numbers[version.Id] = version.Version;
            }
        }

        return wanted.Where(_numbers.ContainsKey).ToDictionary(id => id, id => _numbers[id]);
    }
}
