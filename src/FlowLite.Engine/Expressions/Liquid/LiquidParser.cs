using Fluid.Ast;
using Fluid.Values;

namespace FlowLite.Engine.Expressions.Liquid;

/// <summary>
/// Reads a Liquid template into Fluid's statements. Fluid's own parser can't be used: the one release of its parser library that the
/// package feed serves is a later one than it was built for. This one also tells lines and columns.
/// </summary>
internal sealed class LiquidParser
{
    private readonly List<LiquidSegment> _segments;
    private int _next;
    private int _depth;

    private LiquidParser(List<LiquidSegment> segments) => _segments = segments;

    /// <summary>The names that the template reads.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    public List<(string Name, int Offset)> Filters { get; } = [];

    public IReadOnlyList<Statement> Statements { get; private set; } = [];

    /// <exception cref="LiquidSyntaxException">With the offset of the mistake.</exception>
    public static LiquidParser Parse(string template)
    {
        var parser = new LiquidParser(LiquidSegments.Split(template));
        parser.Statements = parser.Block([], out _, default);
        return parser;
    }

    /// <summary>Everything up to one of these tags, which is taken too.</summary>
    private List<Statement> Block(string[] ends, out (string Name, LiquidExpressionReader Reader) end, LiquidSegment opened)
    {
        if (++_depth > LiquidLimits.Nesting)
        {
            throw new LiquidSyntaxException($"The template nests deeper than {LiquidLimits.Nesting} blocks.", opened.Offset);
        }

        var statements = new List<Statement>();
        while (_next < _segments.Count)
        {
            var segment = _segments[_next++];
            var reader = Reader(segment);
            switch (segment.Kind)
            {
                case LiquidSegmentKind.Text:
                    statements.Add(new TextStatement(segment.Content));
                    break;
                case LiquidSegmentKind.Output:
                    if (!reader.IsAtEnd)
                    {
                        statements.Add(Output(reader));
                    }

                    break;
                default:
                    var tag = reader.TryRead('#') ? "#" : reader.Word() ?? throw reader.Error("The name of the tag is missing.");
                    if (ends.Contains(tag))
                    {
                        end = (tag, reader);
                        _depth--;
                        return statements;
                    }

                    if (Tag(tag, reader, segment) is { } statement)
                    {
                        statements.Add(statement);
                    }

                    break;
            }
        }

        if (ends.Length > 0)
        {
            throw new LiquidSyntaxException($"The block is not closed: '{ends[^1]}' is missing.", opened.Offset);
        }

        end = default;
        _depth--;
        return statements;
    }

    private Statement? Tag(string tag, LiquidExpressionReader reader, LiquidSegment segment)
    {
        switch (tag)
        {
            case "#":
                return null;
            case "comment":
                _next = _segments.FindIndex(_next, s => s.Kind == LiquidSegmentKind.Tag) + 1;
                return null;
            case "raw":
                var raw = _segments[_next].Kind == LiquidSegmentKind.Text ? new TextStatement(_segments[_next++].Content) : null;
                _next++;
                return raw;
            case "if":
                return If(reader, segment);
            case "unless":
                return Unless(reader, segment);
            case "case":
                return Case(reader, segment);
            case "for":
                return For(reader, segment);
            case "tablerow":
                return TableRow(reader, segment);
            case "assign":
                var assigned = reader.ExpectWord("The name of the variable");
                reader.Expect("=");
                return Ended(reader, new AssignStatement(assigned, reader.Filtered()));
            case "capture":
                var captured = reader.TryRead('\'') ? Quoted(reader) : reader.ExpectWord("The name of the variable");
                reader.ExpectEnd();
                return new CaptureBlock(captured, Block(["endcapture"], out _, segment));
            case "cycle":
                return Cycle(reader);
            case "increment":
                return Ended(reader, new IncrementStatement(reader.ExpectWord("The name of the counter")));
            case "decrement":
                return Ended(reader, new DecrementStatement(reader.ExpectWord("The name of the counter")));
            case "echo":
                return Output(reader);
            case "break":
                return Ended(reader, new BreakStatement());
            case "continue":
                return Ended(reader, new ContinueStatement());
            case "ifchanged":
                reader.ExpectEnd();
                return new IfChangedStatement(Block(["endifchanged"], out _, segment));
            case "include" or "render" or "layout" or "macro" or "from" or "block" or "section" or "liquid":
                throw new LiquidSyntaxException($"The tag '{tag}' is not available.", segment.Offset);
            default:
                throw new LiquidSyntaxException($"There is no tag '{tag}' here.", segment.Offset);
        }
    }

    private IfStatement If(LiquidExpressionReader reader, LiquidSegment segment)
    {
        var condition = Ended(reader, reader.Logical());
        var statements = Block(["elsif", "else", "endif"], out var end, segment);
        var others = new List<ElseIfStatement>();
        while (end.Name == "elsif")
        {
            var other = Ended(end.Reader, end.Reader.Logical());
            others.Add(new ElseIfStatement(other, Block(["elsif", "else", "endif"], out end, segment)));
        }

        return new IfStatement(condition, statements, Else(end, "endif", segment), others);
    }

    private UnlessStatement Unless(LiquidExpressionReader reader, LiquidSegment segment)
    {
        var condition = Ended(reader, reader.Logical());
        var statements = Block(["else", "endunless"], out var end, segment);
        return new UnlessStatement(condition, statements, Else(end, "endunless", segment));
    }

    private CaseStatement Case(LiquidExpressionReader reader, LiquidSegment segment)
    {
        var value = Ended(reader, reader.Filtered());
        // What stands before the first when is not part of any case.
        _ = Block(["when", "else", "endcase"], out var end, segment);
        var cases = new List<WhenStatement>();
        while (end.Name == "when")
        {
            var options = new List<Expression>();
            do
            {
                options.Add(end.Reader.Value());
            }
            while (end.Reader.TryRead(',') || IsOr(end.Reader));
            end.Reader.ExpectEnd();
            cases.Add(new WhenStatement(options, Block(["when", "else", "endcase"], out end, segment)));
        }

        return new CaseStatement(value, Else(end, "endcase", segment), [.. cases]);
    }

    private ElseStatement? Else((string Name, LiquidExpressionReader Reader) end, string close, LiquidSegment segment) =>
        end.Name == "else" ? new ElseStatement(Block([close], out _, segment)) : null;

    private ForStatement For(LiquidExpressionReader reader, LiquidSegment segment)
    {
        var (name, source, limit, offset, reversed, _) = Loop(reader);
        var statements = Block(["else", "endfor"], out var end, segment);
        return new ForStatement(statements, name, source, limit, offset, reversed, Else(end, "endfor", segment));
    }

    private TableRowStatement TableRow(LiquidExpressionReader reader, LiquidSegment segment)
    {
        var (name, source, limit, offset, _, columns) = Loop(reader);
        return new TableRowStatement(Block(["endtablerow"], out _, segment), name, source, limit, offset, columns);
    }

    private static (string Name, Expression Source, Expression? Limit, Expression? Offset, bool Reversed, Expression? Columns) Loop(LiquidExpressionReader reader)
    {
        var name = reader.ExpectWord("The name of the item");
        if (reader.Word() != "in")
        {
            throw reader.Error("'in' is missing.");
        }

        var source = reader.Value();
        Expression? limit = null, offset = null, columns = null;
        var reversed = false;
        while (!reader.IsAtEnd)
        {
            _ = reader.TryRead(',');
            switch (reader.ExpectWord("limit, offset or reversed"))
            {
                case "reversed":
                    reversed = true;
                    break;
                case "limit":
                    reader.Expect(":");
                    limit = reader.Value();
                    break;
                case "offset":
                    reader.Expect(":");
                    offset = reader.Value();
                    break;
                case "cols":
                    reader.Expect(":");
                    columns = reader.Value();
                    break;
                default:
                    throw reader.Error("Only limit, offset, cols and reversed can stand here.");
            }
        }

        return (name, source, limit, offset, reversed, columns);
    }

    private static CycleStatement Cycle(LiquidExpressionReader reader)
    {
        var first = reader.Value();
        Expression? group = null;
        if (reader.TryRead(':'))
        {
            group = first;
            first = reader.Value();
        }

        var values = new List<Expression> { first };
        while (reader.TryRead(','))
        {
            values.Add(reader.Value());
        }

        return Ended(reader, new CycleStatement(group ?? new LiteralExpression(NilValue.Instance), values));
    }

    private static OutputStatement Output(LiquidExpressionReader reader) => new(Ended(reader, reader.Filtered()));

    private static bool IsOr(LiquidExpressionReader reader)
    {
        if (reader.IsAtEnd)
        {
            return false;
        }

        return reader.Word() == "or" ? true : throw reader.Error("',' or 'or' is missing.");
    }

    private static string Quoted(LiquidExpressionReader reader)
    {
        var name = reader.ExpectWord("The name of the variable");
        reader.Expect("'");
        return name;
    }

    private static T Ended<T>(LiquidExpressionReader reader, T read)
    {
        reader.ExpectEnd();
        return read;
    }

    private LiquidExpressionReader Reader(LiquidSegment segment) => new(segment.Content, segment.Offset, Names, Filters);
}
