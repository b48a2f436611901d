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
    public async Task Open_FileOfTheFirstVersion_FreezesWhatWasPublished()
    {
        var file = _folder.File("first.db");
        using (var database = new SqliteDatabase(file, TimeSpan.Zero))
        {
            database.Execute(FirstSchema);
        }

        using var store = new SqliteDefinitionStore(file);

        (await store.FindVersionAsync("a1"))!.IsFrozen.Should().BeTrue("it was published once");
        (await store.FindVersionAsync("a2"))!.IsFrozen.Should().BeTrue();
        (await store.FindVersionAsync("a3"))!.IsFrozen.Should().BeFalse("it is the draft");
        (await store.ListAsync(new DefinitionQuery(default))).TotalCount.Should().Be(3);
    }

    private const string FirstSchema = """
        CREATE TABLE definitions(id TEXT PRIMARY KEY, definition_id TEXT NOT NULL, version INTEGER NOT NULL, is_latest INTEGER NOT NULL, is_published INTEGER NOT NULL,
            name TEXT COLLATE NOCASE, description TEXT, created_at INTEGER NOT NULL, search TEXT NOT NULL, document TEXT NOT NULL);
        CREATE UNIQUE INDEX definitions_by_version ON definitions(definition_id, version);
        CREATE UNIQUE INDEX definitions_latest ON definitions(definition_id) WHERE is_latest = 1;
        CREATE UNIQUE INDEX definitions_published ON definitions(definition_id) WHERE is_published = 1;
        CREATE TABLE flow_secrets(definition_id TEXT PRIMARY KEY, primary_key TEXT NOT NULL, secondary_key TEXT NOT NULL, triggers TEXT NOT NULL);
        CREATE TABLE imports(definition_id TEXT PRIMARY KEY, file_hash TEXT NOT NULL, version_id TEXT NOT NULL);
        INSERT INTO definitions VALUES
            ('a1', 'a', 1, 0, 0, 'n', NULL, 0, '', '{}'),
            ('a2', 'a', 2, 0, 1, 'n', NULL, 0, '', '{}'),
            ('a3', 'a', 3, 1, 0, 'n', NULL, 0, '', '{}');
        PRAGMA user_version = 1;
        """;

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
