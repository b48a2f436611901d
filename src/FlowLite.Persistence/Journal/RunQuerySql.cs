using System.Text;
using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

/// <summary>
/// A <see cref="RunQuery"/> as SQL. Lists are one parameter each, so that there are only as many statements as there are
/// kinds of questions.
/// </summary>
internal sealed class RunQuerySql
{
    private readonly RunQuery _query;
    private readonly StringBuilder _where = new();
    private readonly List<Action<SqliteStatement, int>> _parameters = [];

    public RunQuerySql(RunQuery query)
    {
        _query = query;
        if (query.DefinitionIds is { } definitions)
        {
            Add($"r.definition IN (SELECT id FROM definitions WHERE name IN (SELECT value FROM json_each({List(definitions)})))");
        }
        else if (query.Statuses is not null)
        {
            // Only below a flow does the index know of statuses.
            Add("r.definition IN (SELECT id FROM definitions)");
        }

        if (query.VersionIds is { } versions)
        {
            Add($"r.version IN (SELECT id FROM versions WHERE name IN (SELECT value FROM json_each({List(versions)})))");
        }

        if (query.Statuses is { } statuses)
        {
            Add($"r.status IN (SELECT value FROM json_each({List([.. statuses.Select(s => (int)s)])}))");
        }

        if (query.CorrelationId is { } correlation)
        {
            Add($"r.client_tracking_id = {Next((s, i) => s.Bind(i, correlation))}");
        }

        if (query.HasIncidents is { } incidents)
        {
            Add(incidents ? "r.incidents > 0" : "r.incidents = 0");
        }

        if (query.Search is { } search)
        {
            Add(Search(search));
        }

        foreach (var time in query.Times)
        {
            Add($"{Column(time.Column)} {Operator(time.Comparison)} {Next((s, i) => s.Bind(i, time.Time))}");
        }
    }

    public long Count(SqliteDatabase database)
    {
        var count = Bind(database.Prepare($"SELECT count(*) FROM runs r{_where}"));
        count.Step();
        var total = count.Long(0);
        count.Reset();
        return total;
    }

    public List<Guid> Ids(SqliteDatabase database)
    {
        var (take, skip) = (_parameters.Count + 1, _parameters.Count + 2);
        var statement = Bind(database.Prepare($"SELECT r.run_id FROM runs r{_where} ORDER BY {Order()} LIMIT ?{take} OFFSET ?{skip}"))
            .Bind(take, _query.Take).Bind(skip, _query.Skip);
        var ids = new List<Guid>();
        while (statement.Step())
        {
            ids.Add(statement.Guid(0));
        }

        return ids;
    }

    private string Search(RunSearch search)
    {
        var any = $"r.client_tracking_id LIKE {Next((s, i) => s.Bind(i, $"%{Escape(search.Text)}%"))} ESCAPE '\\'";
        if (search.DefinitionIds.Count > 0)
        {
            any += $" OR r.definition IN (SELECT id FROM definitions WHERE name IN (SELECT value FROM json_each({List(search.DefinitionIds)})))";
        }

        if (search.Ids is var (first, last))
        {
            any += $" OR r.run_id BETWEEN {Next((s, i) => s.Bind(i, first))} AND {Next((s, i) => s.Bind(i, last))}";
        }

        return $"({any})";
    }

    private string Order()
    {
        var direction = _query.Descending ? "DESC" : "ASC";
        return _query.OrderBy switch
        {
            RunOrder.Started => $"r.run_id {direction}",
            RunOrder.Flow => $"(SELECT name FROM definitions WHERE id = r.definition) {direction}, r.run_id {direction}",
            var order => $"{Column(order)} {direction}, r.run_id {direction}",
        };
    }

    private static string Column(RunOrder column) => column switch
    {
        RunOrder.Updated => "r.updated_at",
        RunOrder.Finished => "r.finished_at",
        _ => "r.started_at",
    };

    private static string Operator(TimeComparison comparison) => comparison switch
    {
        TimeComparison.Equal => "=",
        TimeComparison.NotEqual => "<>",
        TimeComparison.Less => "<",
        TimeComparison.LessOrEqual => "<=",
        TimeComparison.Greater => ">",
        _ => ">=",
    };

    private static string Escape(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);

    private void Add(string condition) => _where.Append(_where.Length == 0 ? " WHERE " : " AND ").Append(condition);

    private string List<T>(IReadOnlyList<T> values)
    {
        var json = JsonSerializer.Serialize(values);
        return Next((s, i) => s.Bind(i, json));
    }

    private string Next(Action<SqliteStatement, int> bind)
    {
        _parameters.Add(bind);
        return $"?{_parameters.Count}";
    }

    private SqliteStatement Bind(SqliteStatement statement)
    {
        for (var i = 0; i < _parameters.Count; i++)
        {
            _parameters[i](statement, i + 1);
        }

        return statement;
    }
}
