using FlowLite.Engine.Runs;
using FlowLite.Persistence.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowLite.FunctionalTests.Persistence;

public sealed class MemoryRunStoreTests : RunStoreConformance
{
    private protected override IRunStore Store { get; } = new MemoryRunStore();
}

public sealed class MemoryRunListTests : RunListConformance
{
    private protected override IRunStore Store { get; } = new MemoryRunStore();
}

public sealed class SqliteRunStoreTests : RunStoreConformance, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqliteRunStore _store;

    public SqliteRunStoreTests() => _store = new SqliteRunStore(_folder.File("journal.db"), NullLogger.Instance);

    private protected override IRunStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}

public sealed class SqliteRunListTests : RunListConformance, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqliteRunStore _store;

    public SqliteRunListTests() => _store = new SqliteRunStore(_folder.File("journal.db"), NullLogger.Instance);

    private protected override IRunStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}
