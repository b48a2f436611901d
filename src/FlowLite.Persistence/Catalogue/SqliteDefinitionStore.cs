using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowLite.Persistence.Catalogue;

/// <summary>The catalogue of flows in one SQLite file. Writes go one after the other.</summary>
internal sealed class SqliteDefinitionStore : IDefinitionStore, IDisposable
{
    private readonly DbContextOptions<CatalogueDbContext> _options;
    private readonly string _connection;
    private readonly SemaphoreSlim _lane = new(1);

    /// <exception cref="InvalidOperationException">A newer FlowLite has written the file.</exception>
    /// <exception cref="SqliteError">The file can't be opened.</exception>
    public SqliteDefinitionStore(string path)
    {
        var busyTimeout = TimeSpan.FromSeconds(5);
        using (var database = new SqliteDatabase(path, busyTimeout))
        {
            CatalogueSchema.Schema.Apply(database, path);
        }

        // synchronous belongs to the connection; FULL is what SQLite has by default.
        _connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = (int)busyTimeout.TotalSeconds }.ToString();
        _options = new DbContextOptionsBuilder<CatalogueDbContext>().UseSqlite(_connection).Options;
    }

    public async ValueTask<WorkflowDefinition?> FindVersionAsync(string versionId)
    {
        await using var catalogue = Open();
        var row = await catalogue.Definitions.AsNoTracking().FirstOrDefaultAsync(r => r.Id == versionId);
        return row?.ToDefinition();
    }

    public async ValueTask<WorkflowDefinition?> FindAsync(string definitionId, VersionOptions version)
    {
        await using var catalogue = Open();
        var row = await Only(catalogue.Definitions.AsNoTracking(), version)
            .Where(r => !r.IsHidden)
            .Where(r => r.DefinitionId == definitionId)
            .OrderByDescending(r => r.IsLatest).ThenByDescending(r => r.Version)
            .FirstOrDefaultAsync();
        return row?.ToDefinition();
    }

    public async ValueTask<DefinitionPage> ListAsync(DefinitionQuery query)
    {
        await using var catalogue = Open();
        var rows = Only(catalogue.Definitions.AsNoTracking(), query.Version);
        if (query.DefinitionIds is { } definitionIds)
        {
            rows = rows.Where(r => definitionIds.Contains(r.DefinitionId));
        }

        rows = query.Ids is { } ids ? rows.Where(r => ids.Contains(r.Id)) : rows.Where(r => !r.IsHidden);
        if (query.Name is { } name)
        {
            // The column's collation ignores the case of ASCII letters.
            rows = rows.Where(r => r.Name == name);
        }

        if (!string.IsNullOrWhiteSpace(query.SearchTerm))
        {
            var term = DefinitionRow.SearchText(query.SearchTerm.Trim());
            rows = rows.Where(r => r.Search.Contains(term));
        }

        var total = await rows.LongCountAsync();
        rows = Order(rows, query.OrderBy, query.Descending);
        if (query.PageSize is { } size)
        {
            rows = rows.Skip((int)Math.Min((long)query.Page * size, int.MaxValue)).Take(size);
        }

        var page = await rows.ToListAsync();
        return new DefinitionPage([.. page.Select(r => r.ToDefinition())], total);
    }

    public async ValueTask<int> NextVersionAsync(string definitionId)
    {
        await using var catalogue = Open();
        return 1 + (await catalogue.Definitions.Where(r => r.DefinitionId == definitionId).MaxAsync(r => (int?)r.Version) ?? 0);
    }

    public ValueTask SaveAsync(WorkflowDefinition definition) => WriteAsync(async catalogue =>
    {
        var others = catalogue.Definitions.Where(r => r.DefinitionId == definition.DefinitionId && r.Id != definition.Id);
        if (definition.IsLatest)
        {
            await others.Where(r => r.IsLatest).ExecuteUpdateAsync(set => set.SetProperty(r => r.IsLatest, false));
        }

        if (definition.IsPublished)
        {
            await others.Where(r => r.IsPublished).ExecuteUpdateAsync(set => set.SetProperty(r => r.IsPublished, false));
        }

        await PutAsync(catalogue, DefinitionRow.From(definition), definition.Id);
    });

    public async ValueTask<bool> DeleteAsync(string definitionId)
    {
        var deleted = 0;
        await WriteAsync(async catalogue =>
            deleted = await DeleteAsync(catalogue.Definitions.Where(r => r.DefinitionId == definitionId && !r.IsHidden)));
        return deleted > 0;
    }

    public async ValueTask<bool> DeleteVersionAsync(string versionId)
    {
        var deleted = 0;
        await WriteAsync(async catalogue =>
        {
            var version = catalogue.Definitions.Where(r => r.Id == versionId && !r.IsHidden);
            var definitionId = await version.Select(r => r.DefinitionId).FirstOrDefaultAsync();
            deleted = await DeleteAsync(version);
            var left = catalogue.Definitions.Where(r => r.DefinitionId == definitionId && !r.IsHidden);
            if (deleted > 0 && !await left.AnyAsync(r => r.IsLatest))
            {
                var highest = await left.MaxAsync(r => (int?)r.Version);
                await left.Where(r => r.Version == highest).ExecuteUpdateAsync(set => set.SetProperty(r => r.IsLatest, true));
            }
        });
        return deleted > 0;
    }

    public async ValueTask<FlowSecrets?> FindSecretsAsync(string definitionId)
    {
        await using var catalogue = Open();
        var row = await catalogue.Secrets.AsNoTracking().FirstOrDefaultAsync(r => r.DefinitionId == definitionId);
        return row is null
            ? null
            : new FlowSecrets(row.DefinitionId, row.PrimaryKey, row.SecondaryKey, JsonSerializer.Deserialize<Dictionary<string, string>>(row.Triggers)!);
    }

    public ValueTask SaveSecretsAsync(FlowSecrets secrets) => WriteAsync(catalogue => PutAsync(
        catalogue,
        new FlowSecretsRow
        {
            DefinitionId = secrets.DefinitionId,
            PrimaryKey = secrets.PrimaryKey,
            SecondaryKey = secrets.SecondaryKey,
            Triggers = JsonSerializer.Serialize(secrets.Triggers),
        },
        secrets.DefinitionId));

    public async ValueTask<ImportedFile?> FindImportAsync(string definitionId)
    {
        await using var catalogue = Open();
        var row = await catalogue.Imports.AsNoTracking().FirstOrDefaultAsync(r => r.DefinitionId == definitionId);
        return row is null ? null : new ImportedFile(row.DefinitionId, row.FileHash, row.VersionId);
    }

    public ValueTask SaveImportAsync(ImportedFile import) => WriteAsync(catalogue => PutAsync(
        catalogue,
        new ImportRow { DefinitionId = import.DefinitionId, FileHash = import.FileHash, VersionId = import.VersionId },
        import.DefinitionId));

    public void Dispose()
    {
        // A write under way ends first; then the last connection goes, which empties the log.
        _lane.Wait();
        using var connection = new SqliteConnection(_connection);
        SqliteConnection.ClearPool(connection);
        _lane.Dispose();
    }

    private static async Task<int> DeleteAsync(IQueryable<DefinitionRow> rows) =>
        await rows.Where(r => !r.IsFrozen).ExecuteDeleteAsync()
        + await rows.Where(r => r.IsFrozen).ExecuteUpdateAsync(set => set
            .SetProperty(r => r.IsHidden, true)
            .SetProperty(r => r.IsLatest, false)
            .SetProperty(r => r.IsPublished, false));

    private static IQueryable<DefinitionRow> Only(IQueryable<DefinitionRow> rows, VersionOptions version) => version.Kind switch
    {
        VersionKind.AllVersions => rows,
        VersionKind.Latest => rows.Where(r => r.IsLatest),
        VersionKind.Published => rows.Where(r => r.IsPublished),
        VersionKind.LatestOrPublished => rows.Where(r => r.IsLatest || r.IsPublished),
        VersionKind.LatestAndPublished => rows.Where(r => r.IsLatest && r.IsPublished),
        VersionKind.Draft => rows.Where(r => r.IsLatest && !r.IsPublished),
        VersionKind.Number => rows.Where(r => r.Version == version.Number),
        _ => throw new ArgumentOutOfRangeException(nameof(version), version, null),
    };

    private static IQueryable<DefinitionRow> Order(IQueryable<DefinitionRow> rows, string by, bool descending)
    {
        var ordered = by.ToUpperInvariant() switch
        {
            "NAME" => descending ? rows.OrderByDescending(r => r.Name) : rows.OrderBy(r => r.Name),
            "VERSION" => descending ? rows.OrderByDescending(r => r.Version) : rows.OrderBy(r => r.Version),
            _ => descending ? rows.OrderByDescending(r => r.CreatedAt) : rows.OrderBy(r => r.CreatedAt),
        };
        // Pages need an order without ties.
        return descending ? ordered.ThenByDescending(r => r.Id) : ordered.ThenBy(r => r.Id);
    }

    private static async Task PutAsync<TRow>(CatalogueDbContext catalogue, TRow row, string key)
        where TRow : class
    {
        if (await catalogue.FindAsync<TRow>(key) is { } existing)
        {
            catalogue.Entry(existing).CurrentValues.SetValues(row);
        }
        else
        {
            catalogue.Add(row);
        }
    }

    private CatalogueDbContext Open() => new(_options);

    /// <exception cref="StoreUnavailableException">The file can't be written now; nothing was kept.</exception>
    private async ValueTask WriteAsync(Func<CatalogueDbContext, Task> write)
    {
        await _lane.WaitAsync();
        try
        {
            await using var catalogue = Open();
            // Microsoft.Data.Sqlite begins transactions as IMMEDIATE.
            await using var transaction = await catalogue.Database.BeginTransactionAsync();
            await write(catalogue);
            await catalogue.SaveChangesAsync();
            await transaction.CommitAsync();
        }
        catch (Exception e) when ((e as SqliteException ?? e.InnerException) is SqliteException error
            && !SqliteError.IsCallersFaultCode(error.SqliteErrorCode))
        {
            throw SqliteError.Unavailable(error);
        }
        finally
        {
            _lane.Release();
        }
    }
}
