using System.Globalization;
using FlowLite.Crm.Storage;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Query;

/// <summary>
/// Reads one page. A page starts after the last record of the one before (by its sort values and its place of creation),
/// not at an offset, so records that come or go meanwhile neither repeat nor hide others.
/// </summary>
internal static class ListSql
{
    public static CrmPage Read(SqliteConnection connection, CrmQuery query)
    {
        var limit = (int)Math.Min(query.Top ?? long.MaxValue, query.PageSize);
        var (records, last) = ReadRecords(connection, query, limit);
        var left = query.Top - limit;
        var next = last is { } sequence && left != 0 ? Mark(query, records[^1], sequence, left) : null;
        return new CrmPage(records, query.Count ? Count(connection, query) : null, next);
    }

    /// <summary>The records of the page, and the last one's sequence if another record follows it.</summary>
    private static (List<CrmRecord> Records, long? Last) ReadRecords(SqliteConnection connection, CrmQuery query, int limit)
    {
        var records = new List<CrmRecord>();
        if (limit == 0)
        {
            return (records, null);
        }

        using var command = connection.CreateCommand();
        var position = query.After is null ? null : After(query, query.After);
        command.CommandText =
            $"SELECT {CrmSql.SelectList(query.Entity)} FROM {query.Entity.SetName}{Where(query.Filter, position)} ORDER BY {OrderBy(query)} LIMIT $limit";
        query.Filter?.Bind(command);
        position?.Bind(command);
        command.Parameters.AddWithValue("$limit", limit + 1L);
        using var reader = command.ExecuteReader();
        var sequence = 0L;
        while (reader.Read())
        {
            if (records.Count == limit)
            {
                return (records, sequence);
            }

            records.Add(CrmSql.ReadRecord(query.Entity, reader));
            sequence = reader.GetInt64(query.Entity.Columns.Count);
        }

        return (records, null);
    }

    private static long Count(SqliteConnection connection, CrmQuery query)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {query.Entity.SetName}{Where(query.Filter, null)}";
        query.Filter?.Bind(command);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static string Where(SqlFragment? filter, SqlFragment? position) => (filter, position) switch
    {
        (null, null) => "",
        (null, _) => " WHERE " + position.Text,
        (_, null) => " WHERE " + filter.Text,
        _ => $" WHERE {filter.Text} AND ({position.Text})",
    };

    private static string OrderBy(CrmQuery query)
    {
        var sql = new SqlFragment("o");
        foreach (var order in query.Order)
        {
            sql.AppendColumn(order.Column).Append(order.Descending ? " DESC, " : " ASC, ");
        }

        return sql.Append(CrmSql.Sequence).Append(" ASC").Text;
    }

    /// <summary>(a after A) OR (a is A AND ((b after B) OR (b is B AND ... sequence after S))). Nulls come first, as SQLite sorts them.</summary>
    private static SqlFragment After(CrmQuery query, PageMark mark)
    {
        var sql = new SqlFragment("p");
        for (var i = 0; i < query.Order.Count; i++)
        {
            var (column, descending) = query.Order[i];
            var value = mark.Values[i];
            if (descending && value is null)
            {
                sql.Append("(");
            }
            else if (descending)
            {
                sql.Append("(").AppendColumn(column).Append(" IS NULL OR ").AppendColumn(column).Append(" < ").AppendValue(value).Append(" OR ");
            }
            else if (value is null)
            {
                sql.Append("(").AppendColumn(column).Append(" IS NOT NULL OR ");
            }
            else
            {
                sql.Append("(").AppendColumn(column).Append(" > ").AppendValue(value).Append(" OR ");
            }

            sql.Append("(").AppendColumn(column).Append(" IS ").AppendValue(value).Append(" AND ");
        }

        sql.Append(CrmSql.Sequence).Append(" > ").AppendValue(mark.Sequence);
        return sql.Append(new string(')', query.Order.Count * 2));
    }

    private static PageMark Mark(CrmQuery query, CrmRecord record, long sequence, long? left) =>
        new(sequence, left, [.. query.Order.Select(order => record[order.Column])]);
}
