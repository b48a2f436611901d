using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FlowLite.Persistence.Catalogue;

/// <summary>A connection that was made by hand.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Name">What flows call it.</param>
/// <param name="Secrets">Encrypted by whoever saves.</param>
public sealed record StoredConnection(
    string Id, string Name, string Kind, IReadOnlyDictionary<string, string> Settings, IReadOnlyDictionary<string, string> Secrets);

/// <summary>The connections in the catalogue's file. They are few, read once and seldom written.</summary>
public sealed class ConnectionStore
{
    private readonly DbContextOptions<CatalogueDbContext> _options;

    /// <exception cref="InvalidOperationException">A newer FlowLite has written the file.</exception>
    internal ConnectionStore(string path)
    {
        var busyTimeout = TimeSpan.FromSeconds(5);
        using (var database = new SqliteDatabase(path, busyTimeout))
        {
            CatalogueSchema.Schema.Apply(database, path);
        }

        _options = new DbContextOptionsBuilder<CatalogueDbContext>()
            .UseSqlite(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = (int)busyTimeout.TotalSeconds }.ToString()).Options;
    }

    public IReadOnlyList<StoredConnection> List()
    {
        using var catalogue = new CatalogueDbContext(_options);
        return [.. catalogue.Connections.AsNoTracking().ToList()
            .Select(row => new StoredConnection(row.Id, row.Name, row.Kind, Read(row.Settings), Read(row.Secrets)))];
    }

    /// <summary>Inserts or replaces it.</summary>
    /// <exception cref="StoreUnavailableException">The file can't be written now.</exception>
    public void Save(StoredConnection connection) => Write(catalogue =>
    {
        var row = new ConnectionRow
        {
            Id = connection.Id,
            Name = connection.Name,
            Kind = connection.Kind,
            Settings = JsonSerializer.Serialize(connection.Settings),
            Secrets = JsonSerializer.Serialize(connection.Secrets),
        };
        if (catalogue.Connections.Find(connection.Id) is { } existing)
        {
            catalogue.Entry(existing).CurrentValues.SetValues(row);
        }
        else
        {
            catalogue.Add(row);
        }

        catalogue.SaveChanges();
    });

    /// <exception cref="StoreUnavailableException">The file can't be written now.</exception>
    public void Delete(string id) => Write(catalogue => catalogue.Connections.Where(row => row.Id == id).ExecuteDelete());

    private void Write(Action<CatalogueDbContext> write)
    {
        try
        {
            using var catalogue = new CatalogueDbContext(_options);
            write(catalogue);
        }
        catch (Exception e) when ((e as SqliteException ?? e.InnerException) is SqliteException error
            && !SqliteError.IsCallersFaultCode(error.SqliteErrorCode))
        {
            throw SqliteError.Unavailable(error);
        }
    }

    private static Dictionary<string, string> Read(string json) => JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;
}
