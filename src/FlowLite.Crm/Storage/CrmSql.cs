using System.Globalization;
using FlowLite.Crm.Model;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Storage;

/// <summary>Names, column lists and the conversion between SQLite's values and records. All names come from the model.</summary>
internal static class CrmSql
{
    /// <summary>Dataverse compares text without regard to case; SQLite's NOCASE does so for ASCII only.</summary>
    public const string TextCollation = "CRM_TEXT";

    /// <summary>The order of creation, which is the order of lists that ask for none.</summary>
    public const string Sequence = "seq";

    /// <summary>OData's name of a text function (<c>contains</c>, <c>startswith</c>, <c>endswith</c>) as the readers know it.</summary>
    public static string TextFunction(string name) => "crm_" + name;

    /// <summary>All columns in the model's order, then the sequence.</summary>
    public static string SelectList(CrmEntity entity) =>
        string.Join(", ", entity.Columns.Select(column => Quote(column.LogicalName))) + ", " + Sequence;

    public static string Quote(string name) => "\"" + name + "\"";

    public static object Parameter(object? value) => value switch
    {
        null => DBNull.Value,
        Guid id => id.ToByteArray(bigEndian: true),
        _ => value,
    };

    public static CrmRecord ReadRecord(CrmEntity entity, SqliteDataReader reader)
    {
        var values = new object?[entity.Columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ReadValue(entity.Columns[i], reader, i);
        }

        return new CrmRecord(entity, values);
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long ScalarInt64(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static object? ReadValue(CrmColumn column, SqliteDataReader reader, int ordinal)
    {
        if (reader.IsDBNull(ordinal))
        {
            return null;
        }

        return column.Type switch
        {
            CrmColumnType.Text or CrmColumnType.Memo or CrmColumnType.Date => reader.GetString(ordinal),
            CrmColumnType.Double => reader.GetDouble(ordinal),
            CrmColumnType.Id => new Guid(reader.GetFieldValue<byte[]>(ordinal), bigEndian: true),
            _ => reader.GetInt64(ordinal),
        };
    }
}
