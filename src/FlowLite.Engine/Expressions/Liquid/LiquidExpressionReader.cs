using System.Globalization;
using Fluid.Ast;
using Fluid.Ast.BinaryExpressions;
using Fluid.Values;

namespace FlowLite.Engine.Expressions.Liquid;

/// <summary>
/// Reads the expressions in a tag or an output. What they use is gathered in the two collections.
/// The grammar is that of Liquid (https://shopify.github.io/liquid/): filters after a value, comparisons, and <c>and</c> / <c>or</c>
/// from right to left without precedence.
/// </summary>
internal sealed class LiquidExpressionReader(string text, int offset, HashSet<string> names, List<(string Name, int Offset)> filters)
{
    private int _position;
    private int _depth;

    public bool IsAtEnd
    {
        get
        {
            SkipSpace();
            return _position >= text.Length;
        }
    }

    /// <summary>A value, comparisons of values, and filters.</summary>
    public Expression Filtered()
    {
        var expression = Logical();
        var count = 0;
        while (TryRead('|'))
        {
            if (++count > LiquidLimits.Filters)
            {
                throw Error($"More than {LiquidLimits.Filters} filters in a row.");
            }

            SkipSpace();
            var at = offset + _position;
            var name = Word() ?? throw Error("The name of a filter is missing after '|'.");
            filters.Add((name, at));
            expression = new BoundedFilter(expression, name, TryRead(':') ? Arguments() : []);
        }

        return expression;
    }

    public Expression Logical()
    {
        Descend();
        var left = Comparison();
        var start = _position;
        var result = left;
        switch (Word())
        {
            case "and":
                result = new AndBinaryExpression(left, Logical());
                break;
            case "or":
                result = new OrBinaryExpression(left, Logical());
                break;
            default:
                _position = start;
                break;
        }

        _depth--;
        return result;
    }

    public Expression Value()
    {
        SkipSpace();
        if (_position >= text.Length)
        {
            throw Error("A value is missing.");
        }

        var letter = text[_position];
        if (letter is '\'' or '"')
        {
            return new LiteralExpression(StringValue.Create(Quoted(letter)));
        }

        if (char.IsAsciiDigit(letter) || (letter is '-' && _position + 1 < text.Length && char.IsAsciiDigit(text[_position + 1])))
        {
            return new LiteralExpression(NumberValue.Create(Number()));
        }

        if (letter == '(')
        {
            _position++;
            Descend();
            var from = Value();
            Expect("..");
            var to = Value();
            Expect(")");
            _depth--;
            return new BoundedRange(from, to);
        }

        return Word() switch
        {
            "true" => new LiteralExpression(BooleanValue.True),
            "false" => new LiteralExpression(BooleanValue.False),
            "nil" or "null" => new LiteralExpression(NilValue.Instance),
            "empty" => new LiteralExpression(EmptyValue.Instance),
            "blank" => new LiteralExpression(BlankValue.Instance),
            { } name => Member(name),
            null => throw Error($"'{letter}' is not expected here."),
        };
    }

    /// <summary>A name, or null when none stands here.</summary>
    public string? Word()
    {
        SkipSpace();
        var start = _position;
        while (_position < text.Length && (char.IsLetterOrDigit(text[_position]) || text[_position] is '_' or '-') && (_position > start || text[_position] != '-'))
        {
            _position++;
        }

        return _position > start ? text[start.._position] : null;
    }

    public string ExpectWord(string what) => Word() ?? throw Error($"{what} is missing.");

    public void Expect(string token)
    {
        SkipSpace();
        if (string.CompareOrdinal(text, _position, token, 0, token.Length) != 0)
        {
            throw Error($"'{token}' is missing.");
        }

        _position += token.Length;
    }

    public bool TryRead(char letter)
    {
        SkipSpace();
        if (_position >= text.Length || text[_position] != letter)
        {
            return false;
        }

        _position++;
        return true;
    }

    public void ExpectEnd()
    {
        if (!IsAtEnd)
        {
            throw Error($"'{Rest()}' is not expected here.");
        }
    }

    public LiquidSyntaxException Error(string message) => new(message, offset + Math.Min(_position, text.Length));

    private string Rest()
    {
        var rest = text[_position..].Trim();
        return rest.Length <= 30 ? rest : string.Concat(rest.AsSpan(0, 30), "…");
    }

    private void Descend()
    {
        if (++_depth > LiquidLimits.Nesting)
        {
            throw Error("The expression nests too deep.");
        }
    }

    private Expression Comparison()
    {
        var left = Value();
        SkipSpace();
        var start = _position;
        var operation = Operator();
        switch (operation)
        {
            case "==":
                return new EqualBinaryExpression(left, Value());
            case "!=" or "<>":
                return new NotEqualBinaryExpression(left, Value());
            case ">":
                return new GreaterThanBinaryExpression(left, Value(), true);
            case "<":
                return new LowerThanBinaryExpression(left, Value(), true);
            case ">=":
                return new GreaterThanBinaryExpression(left, Value(), false);
            case "<=":
                return new LowerThanBinaryExpression(left, Value(), false);
            case "contains":
                return new ContainsBinaryExpression(left, Value());
            case "startswith":
                return new StartsWithBinaryExpression(left, Value());
            case "endswith":
                return new EndsWithBinaryExpression(left, Value());
            default:
                _position = start;
                return left;
        }
    }

    private string? Operator()
    {
        var start = _position;
        while (_position < text.Length && text[_position] is '=' or '!' or '<' or '>')
        {
            _position++;
        }

        return _position > start ? text[start.._position] : Word();
    }

    private MemberExpression Member(string name)
    {
        names.Add(name);
        var segments = new List<MemberSegment> { new IdentifierSegment(name) };
        while (_position < text.Length)
        {
            if (text[_position] == '.' && !(_position + 1 < text.Length && text[_position + 1] == '.'))
            {
                _position++;
                segments.Add(new IdentifierSegment(ExpectWord("The name of a member")));
            }
            else if (text[_position] == '[')
            {
                _position++;
                Descend();
                segments.Add(new IndexerSegment(Value()));
                _depth--;
                Expect("]");
            }
            else
            {
                break;
            }
        }

        return new MemberExpression(segments);
    }

    private List<FilterArgument> Arguments()
    {
        var arguments = new List<FilterArgument>();
        do
        {
            SkipSpace();
            var start = _position;
            if (Word() is { } name && TryRead(':'))
            {
                arguments.Add(new FilterArgument(name, Value()));
                continue;
            }

            _position = start;
            arguments.Add(new FilterArgument(null!, Value()));
        }
        while (TryRead(','));
        return arguments;
    }

    private string Quoted(char quote)
    {
        var end = text.IndexOf(quote, _position + 1);
        if (end < 0)
        {
            throw Error("The text is not closed.");
        }

        var quoted = text[(_position + 1)..end];
        _position = end + 1;
        return quoted;
    }

    private decimal Number()
    {
        var start = _position++;
        while (_position < text.Length && (char.IsAsciiDigit(text[_position])
            || (text[_position] == '.' && _position + 1 < text.Length && char.IsAsciiDigit(text[_position + 1]))))
        {
            _position++;
        }

        return decimal.TryParse(text.AsSpan(start, _position - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Error("The number can't be read.");
    }

    private void SkipSpace()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
        {
            _position++;
        }
    }
}
