using System.Globalization;
using System.Text;
using FlowLite.Crm.Model;
using FlowLite.Crm.Storage;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Query;

/// <summary>SQL text with its parameters. Columns come from the model and values are always parameters.</summary>
internal sealed class SqlFragment(string prefix)
{
    private readonly StringBuilder _text = new();
    private readonly List<object?> _values = [];

    public string Text => _text.ToString();

    public SqlFragment Append(string sql)
    {
        _text.Append(sql);
        return this;
    }

    public SqlFragment AppendColumn(CrmColumn column)
    {
        _text.Append(CrmSql.Quote(column.LogicalName));
        return column.IsText ? Append(" COLLATE ").Append(CrmSql.TextCollation) : this;
    }

    public SqlFragment AppendValue(object? value)
    {
        _text.Append('$').Append(prefix).Append(_values.Count.ToString(CultureInfo.InvariantCulture));
        _values.Add(value);
        return this;
    }

    public void Bind(SqliteCommand command)
    {
        for (var i = 0; i < _values.Count; i++)
        {
            command.Parameters.AddWithValue("$" + prefix + i.ToString(CultureInfo.InvariantCulture), CrmSql.Parameter(_values[i]));
        }
    }
}
