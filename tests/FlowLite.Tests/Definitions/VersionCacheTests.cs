using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Definitions;

public sealed class VersionCacheTests
{
    private readonly VersionCache _cache = new(3);

    [Fact]
    public void Put_MoreThanItHolds_DropsWhatWasAskedForLongestAgo()
    {
        Put("a", "b", "c");
        _cache.Find("a").Should().NotBeNull();

        Put("d", "e");

        Known("a", "b", "c", "d", "e").Should().Equal("a", "d", "e");
    }

    [Fact]
    public void Put_SameVersionAgain_TakesNoOtherPlace()
    {
        Put("a", "b", "c", "a", "a", "a");

        Known("a", "b", "c").Should().Equal("a", "b", "c");
        _cache.Find("a")!.Definition.Id.Should().Be("a");
    }

    private void Put(params string[] ids)
    {
        foreach (var id in ids)
        {
            _cache.Put(new CompiledWorkflow
            {
                Definition = new WorkflowDefinition
                {
                    Id = id,
                    DefinitionId = "flow",
                    Version = 1,
                    IsLatest = true,
                    IsPublished = false,
                    CreatedAt = DateTimeOffset.UnixEpoch,
                    Document = JsonValues.EmptyObject,
                },
                Root = null!,
                Nodes = new Dictionary<string, ActivityNode>(),
                Variables = new Dictionary<string, Variable>(),
                Flow = JsonValues.EmptyObject,
            });
        }
    }

    private List<string> Known(params string[] ids) => [.. ids.Where(id => _cache.Find(id) is not null)];
}
