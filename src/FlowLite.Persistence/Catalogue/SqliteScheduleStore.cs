using FlowLite.Engine.Scheduling;
using FlowLite.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowLite.Persistence.Catalogue;

/// <summary>Marks of schedules in the catalogue's file.</summary>
internal sealed class SqliteScheduleStore : IScheduleStore
{
    private readonly DbContextOptions<CatalogueDbContext> _options;

    /// <exception cref="InvalidOperationException">A newer FlowLite has written the file.</exception>
    public SqliteScheduleStore(string path)
    {
        var busyTimeout = TimeSpan.FromSeconds(5);
        using (var database = new SqliteDatabase(path, busyTimeout))
        {
            CatalogueSchema.Schema.Apply(database, path);
        }

        _options = new DbContextOptionsBuilder<CatalogueDbContext>()
            .UseSqlite(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = (int)busyTimeout.TotalSeconds }.ToString()).Options;
    }

    public async ValueTask<IReadOnlyList<ScheduleMark>> ListAsync()
    {
        await using var catalogue = new CatalogueDbContext(_options);
        return [.. (await catalogue.Schedules.AsNoTracking().ToListAsync()).Select(row => row.ToMark())];
    }

    public ValueTask SaveAsync(ScheduleMark mark) => WriteAsync(async catalogue =>
    {
        var row = ScheduleRow.From(mark);
        if (await catalogue.Schedules.FindAsync(mark.DefinitionId, mark.Activity) is { } existing)
        {
            catalogue.Entry(existing).CurrentValues.SetValues(row);
        }
        else
        {
            catalogue.Add(row);
        }

        await catalogue.SaveChangesAsync();
    });

    public ValueTask DeleteAsync(string definitionId, string activity) =>
        WriteAsync(catalogue => catalogue.Schedules.Where(row => row.DefinitionId == definitionId && row.Activity == activity).ExecuteDeleteAsync());

    private async ValueTask WriteAsync(Func<CatalogueDbContext, Task> write)
    {
        try
        {
            await using var catalogue = new CatalogueDbContext(_options);
            await write(catalogue);
        }
        catch (Exception e) when ((e as SqliteException ?? e.InnerException) is SqliteException error
            && !SqliteError.IsCallersFaultCode(error.SqliteErrorCode))
        {
            throw SqliteError.Unavailable(error);
        }
    }
}
