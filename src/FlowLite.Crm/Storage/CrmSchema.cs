using FlowLite.Crm.Model;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Storage;

/// <summary>Creates the tables and adds the columns that an older file lacks.</summary>
internal static class CrmSchema
{
    public static void Apply(SqliteConnection connection)
    {
        CrmSql.Execute(connection, "BEGIN IMMEDIATE");
        CrmSql.Execute(connection, "CREATE TABLE IF NOT EXISTS crm_counter (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)");
        CrmSql.Execute(connection, "INSERT OR IGNORE INTO crm_counter (id, version) VALUES (1, 0)");
        foreach (var entity in CrmModel.Entities)
        {
            // AUTOINCREMENT: a deleted record's place is never given to a later one, so page marks stay true.
            CrmSql.Execute(
                connection,
                $"CREATE TABLE IF NOT EXISTS {entity.SetName} ({CrmSql.Sequence} INTEGER PRIMARY KEY AUTOINCREMENT, {entity.Id.LogicalName} BLOB NOT NULL UNIQUE)");
            AddMissingColumns(connection, entity);
        }

        CrmSql.Execute(connection, "COMMIT");
    }

    private static void AddMissingColumns(SqliteConnection connection, CrmEntity entity)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        using (var command = connection.CreateCommand())
        {
            // table_xinfo lists computed columns too; table_info hides them.
            command.CommandText = $"SELECT name FROM pragma_table_xinfo('{entity.SetName}')";
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                present.Add(reader.GetString(0));
            }
        }

        foreach (var column in entity.Columns.Where(column => !present.Contains(column.LogicalName)).OrderBy(column => column.Computed is not null))
        {
            CrmSql.Execute(connection, $"ALTER TABLE {entity.SetName} ADD COLUMN {Declare(column)}");
        }
    }

    private static string Declare(CrmColumn column)
    {
        var type = column.Type switch
        {
            CrmColumnType.Text or CrmColumnType.Memo or CrmColumnType.Date => "TEXT",
            CrmColumnType.Double => "REAL",
            CrmColumnType.Id => "BLOB",
            _ => "INTEGER",
        };
        var declaration = $"{CrmSql.Quote(column.LogicalName)} {type}";
        if (column.Computed is not null)
        {
            return $"{declaration} GENERATED ALWAYS AS ({column.Computed}) VIRTUAL";
        }

        return column.Default is long value ? $"{declaration} DEFAULT {value}" : declaration;
    }
}
