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
        foreach (var id in wanted.Where(id => !_numbers.ContainsKey(id)).ToList())
        {
            // Not from a list: there, the versions of deleted flows are hidden.
            if (await store.FindVersionAsync(id) is { } version)
            {
                _numbers[id] = version.Version;
            }
        }

        return wanted.Where(_numbers.ContainsKey).ToDictionary(id => id, id => _numbers[id]);
    }
}
