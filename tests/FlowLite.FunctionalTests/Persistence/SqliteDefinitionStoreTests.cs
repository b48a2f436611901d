using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Persistence;
using FlowLite.Persistence.Catalogue;
using FlowLite.Persistence.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Persistence;

public sealed class SqliteDefinitionStoreTests : DefinitionStoreConformance, IDisposable
{
    private readonly TempFolder _folder = new();
    private SqliteDefinitionStore _store;

    public SqliteDefinitionStoreTests() => _store = new SqliteDefinitionStore(_folder.File("catalogue.db"));

    private protected override IDefinitionStore Store => _store;

    [Fact]
    public async Task Dispose_ThenReopen_KeepsEverythingAndLeavesNoLog()
    {
        await _store.SaveAsync(Version("a", 1));
        await _store.FindVersionAsync("a1");
        _store.Dispose();

        Directory.GetFiles(_folder.Path).Should().Equal(_folder.File("catalogue.db"));
        _store = new SqliteDefinitionStore(_folder.File("catalogue.db"));
        (await _store.FindVersionAsync("a1")).Should().NotBeNull();
    }

    [Fact]
    public async Task Save_BreaksALaw_KeepsWhatWasThere()
    {
        await _store.SaveAsync(Version("a", 1, published: true));

        var again = Version("a", 1) with { Id = "same-version-other-id" };
        await FluentActions.Awaiting(() => _store.SaveAsync(again).AsTask()).Should().ThrowAsync<Exception>();

        (await _store.FindAsync("a", VersionOptions.Latest))!.Id.Should().Be("a1");
    }

    [Fact]
    public void Open_FileOfANewerVersion_SaysSo()
    {
        using (var database = new SqliteDatabase(_folder.File("newer.db"), TimeSpan.Zero))
        {
            database.Execute("PRAGMA user_version = 1000");
        }

        FluentActions.Invoking(() => new SqliteDefinitionStore(_folder.File("newer.db")))
            .Should().Throw<InvalidOperationException>().WithMessage("*version 1000*newer FlowLite*");
    }

    [Fact]
    public async Task AddFlowLitePersistence_NewFolder_MakesBothFilesAndClosesThem()
    {
        var folder = _folder.File("data/new");
        await using (var provider = new ServiceCollection().AddFlowLitePersistence(folder).BuildServiceProvider())
        {
            await provider.GetRequiredService<IRunStore>().AppendAsync(TestRuns.First(TestRuns.Id(1)));
            await provider.GetRequiredService<IDefinitionStore>().SaveAsync(Version("a", 1));
            provider.GetRequiredService<IRunStore>().Should().BeSameAs(provider.GetRequiredService<IRunStore>());
        }

        Directory.GetFiles(folder).Select(Path.GetFileName).Should().BeEquivalentTo("journal.db", "catalogue.db");
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}
