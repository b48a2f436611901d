using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Data;

/// <summary>A list as a table: a row for each item. Without columns of its own it has one for each key, in the order in which they are met.</summary>
public abstract class CreateTable : Activity
{
    [Input(Description = "The list.", DefaultSyntax = "Scriban", Required = true)]
    public Input<object> From { get; set; } = null!;

    /// <summary>An expression for each header; it sees the item as <c>item</c>.</summary>
    [Input(Description = "An object with an expression for each header, which sees the item as 'item'. Empty: a column for each key.", UIHint = "json-editor")]
    public Deferred<object> Columns { get; set; } = null!;

    [Output]
    public Output<string> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var from = DataLists.Read(nameof(From), From.GetJson(context));
        var rows = Columns.IsSet ? [.. from.EnumerateArray().Select(item => context.Evaluate(Columns, item))] : from.EnumerateArray().ToList();
        var headers = Columns.Keys.Count > 0 ? Columns.Keys : Headers(rows);
        var table = new StringBuilder();
        Begin(table, headers);
        foreach (var row in rows)
        {
            Row(table, headers.Select(header => Join.Text(row.TryGetProperty(header, out var cell) ? cell : default)));
            DataLists.Check(table.Length);
        }

        End(table);
        context.SetOutput(Result, JsonValues.String(table.ToString()));
        return ValueTask.CompletedTask;
    }

    private protected abstract void Begin(StringBuilder table, IReadOnlyList<string> headers);

    private protected abstract void Row(StringBuilder table, IEnumerable<string> cells);

    private protected abstract void End(StringBuilder table);

    private static List<string> Headers(IReadOnlyList<JsonElement> rows)
    {
        var headers = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (row.ValueKind != JsonValueKind.Object)
            {
                throw new ActivityException("InvalidInput", $"The rows of a table have to be objects; one is {(row.GetRawText() is { Length: > 80 } text ? text[..80] + "…" : row.GetRawText())}.");
            }

            headers.AddRange(row.EnumerateObject().Select(member => member.Name).Where(known.Add));
        }

        return headers;
    }
}

/// <summary>Comma-separated values as RFC 4180 has them: lines end with CRLF, quotes where they are needed.</summary>
[Activity("FlowLite", "Data operations", "Make a CSV text of a list.", DisplayName = "Create CSV table")]
public sealed class CreateCsvTable : CreateTable
{
    private protected override void Begin(StringBuilder table, IReadOnlyList<string> headers) => Row(table, headers);

    private protected override void Row(StringBuilder table, IEnumerable<string> cells) => table.AppendJoin(',', cells.Select(Quoted)).Append("\r\n");

    private protected override void End(StringBuilder table)
    {
    }

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny("\",\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>An HTML table, for mails. What stands in it is text: nothing of it is taken for markup.</summary>
[Activity("FlowLite", "Data operations", "Make an HTML table of a list.", DisplayName = "Create HTML table")]
public sealed class CreateHtmlTable : CreateTable
{
    private protected override void Begin(StringBuilder table, IReadOnlyList<string> headers)
    {
        table.Append("<table><thead>");
        Row(table, headers, "th");
        table.Append("</thead><tbody>");
    }

    private protected override void Row(StringBuilder table, IEnumerable<string> cells) => Row(table, cells, "td");

    private protected override void End(StringBuilder table) => table.Append("</tbody></table>");

    private static void Row(StringBuilder table, IEnumerable<string> cells, string tag)
    {
        table.Append("<tr>");
        foreach (var cell in cells)
        {
            table.Append('<').Append(tag).Append('>');
            foreach (var letter in cell)
            {
                _ = letter switch
                {
                    '<' => table.Append("&lt;"),
                    '>' => table.Append("&gt;"),
                    '&' => table.Append("&amp;"),
                    '"' => table.Append("&quot;"),
                    '\'' => table.Append("&#39;"),
                    _ => table.Append(letter),
                };
            }

            table.Append("</").Append(tag).Append('>');
        }

        table.Append("</tr>");
    }
}
