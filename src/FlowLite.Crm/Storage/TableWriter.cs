using FlowLite.Crm.Model;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Storage;

/// <summary>Applies writes to one table through prepared statements, inside the lane's open transaction.</summary>
internal sealed class TableWriter : IDisposable
{
    private readonly CrmEntity _entity;
    private readonly IReadOnlyList<CrmColumn> _stored;
    private readonly SqliteCommand _select;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _delete;

    public TableWriter(SqliteConnection connection, CrmEntity entity)
    {
        _entity = entity;
        _stored = [.. entity.Columns.Where(column => column.Computed is null)];
        var key = CrmSql.Quote(entity.Id.LogicalName);
        var names = _stored.Select(column => CrmSql.Quote(column.LogicalName)).ToList();
        var marks = _stored.Select(column => "$c" + column.Ordinal).ToList();
        _select = Prepare(connection, $"SELECT {CrmSql.SelectList(entity)} FROM {entity.SetName} WHERE {key} = $id", withColumns: false);
        _insert = Prepare(connection, $"INSERT INTO {entity.SetName} ({string.Join(", ", names)}) VALUES ({string.Join(", ", marks)})", withColumns: true);
        _update = Prepare(
            connection,
            $"UPDATE {entity.SetName} SET {string.Join(", ", names.Zip(marks, (name, mark) => name + " = " + mark))} WHERE {key} = $c{entity.Id.Ordinal}",
            withColumns: true);
        _delete = Prepare(connection, $"DELETE FROM {entity.SetName} WHERE {key} = $id", withColumns: false);
    }

    /// <summary>Applies one write. Nothing is changed unless the outcome is Created, Updated or Deleted.</summary>
    /// <param name="version">The row version that the record gets.</param>
    /// <param name="now">Milliseconds since 1970 UTC, whole seconds.</param>
    public CrmWriteResult Apply(CrmWrite write, long version, long now)
    {
        var existing = Find(write.Id);
        var condition = write.Condition;
        if (existing is not null && (condition.MustNotExist || write.Kind == CrmWriteKind.Create))
        {
            return new CrmWriteResult(CrmOutcome.AlreadyExists);
        }

        if (existing is null && (condition.MustExist || write.Kind == CrmWriteKind.Delete))
        {
            return new CrmWriteResult(CrmOutcome.NotFound);
        }

        if (existing is not null && condition.Versions is { } versions && !versions.Contains(existing.Version))
        {
            return new CrmWriteResult(CrmOutcome.VersionMismatch);
        }

        if (write.Kind == CrmWriteKind.Delete)
        {
            _delete.Parameters[0].Value = CrmSql.Parameter(write.Id);
            _delete.ExecuteNonQuery();
            return new CrmWriteResult(CrmOutcome.Deleted);
        }

        var record = existing ?? NewRecord(write.Id, now);
        if (!Merge(record, write.Changes))
        {
            return new CrmWriteResult(CrmOutcome.StatusMismatch, record);
        }

        record[_entity.ModifiedOn] = now;
        record[_entity.Version] = version;
        Save(existing is null ? _insert : _update, record);
        // Computed columns are known only after the row is stored.
        return new CrmWriteResult(existing is null ? CrmOutcome.Created : CrmOutcome.Updated, write.WantRecord ? Find(write.Id) : null);
    }

    public void Dispose()
    {
        _select.Dispose();
        _insert.Dispose();
        _update.Dispose();
        _delete.Dispose();
    }

    private SqliteCommand Prepare(SqliteConnection connection, string sql, bool withColumns)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        if (withColumns)
        {
            foreach (var column in _stored)
            {
                command.Parameters.AddWithValue("$c" + column.Ordinal, DBNull.Value);
            }
        }
        else
        {
            command.Parameters.AddWithValue("$id", DBNull.Value);
        }

        command.Prepare();
        return command;
    }

    private CrmRecord? Find(Guid id)
    {
        _select.Parameters[0].Value = CrmSql.Parameter(id);
        using var reader = _select.ExecuteReader();
        return reader.Read() ? CrmSql.ReadRecord(_entity, reader) : null;
    }

    private CrmRecord NewRecord(Guid id, long now)
    {
        var record = new CrmRecord(_entity, new object?[_entity.Columns.Count]);
        foreach (var column in _stored)
        {
            record[column] = column.Default;
        }

        record[_entity.Id] = id;
        record[_entity.CreatedOn] = now;
        return record;
    }

    /// <summary>Lays the changes over the record; false when its status would not belong to its state.</summary>
    private bool Merge(CrmRecord record, IReadOnlyList<KeyValuePair<CrmColumn, object?>> changes)
    {
        var statusGiven = false;
        foreach (var (column, value) in changes)
        {
            record[column] = value;
            statusGiven |= column == _entity.Status && value is not null;
        }

        var state = (long)record[_entity.State]!;
        if (!statusGiven && (record[_entity.Status] is not long current || StateOf(current) != state))
        {
            // As in Dataverse: a state set alone brings its first status with it.
            record[_entity.Status] = (long)_entity.Status.Options.First(option => option.State == state).Value;
        }

        return StateOf((long)record[_entity.Status]!) == state;
    }

    private long? StateOf(long status) => _entity.Status.Options.First(option => option.Value == status).State;

    private void Save(SqliteCommand command, CrmRecord record)
    {
        for (var i = 0; i < _stored.Count; i++)
        {
            command.Parameters[i].Value = CrmSql.Parameter(record[_stored[i]]);
        }

        command.ExecuteNonQuery();
    }
}
