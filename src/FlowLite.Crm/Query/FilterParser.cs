using FlowLite.Crm.Api;
using FlowLite.Crm.Model;
using FlowLite.Crm.Storage;

namespace FlowLite.Crm.Query;

/// <summary>
/// Translates an OData <c>$filter</c> over one table to SQL: comparisons of a column with a literal (eq, ne, gt, ge, lt,
/// le) and contains, startswith and endswith of a text column, joined by and, or, not and parentheses. Text compares
/// without regard to case, as in Dataverse. Comparisons are never unknown: null equals null, differs from every value, is
/// neither greater nor less (OData 4.0 part 2, 5.1.1.1) and contains nothing.
/// </summary>
internal sealed class FilterParser
{
    // Both keep SQLite's expression tree (limit 1000) and our own recursion shallow.
    private const int MaxDepth = 64;
    private const int MaxComparisons = 256;

    private readonly CrmEntity _entity;
    private readonly List<FilterToken> _tokens;
    private readonly SqlFragment _sql = new("f");
    private int _next;
    private int _depth;
    private int _comparisons;

    private FilterParser(CrmEntity entity, string filter)
    {
        _entity = entity;
        _tokens = FilterToken.Read(filter);
    }

    /// <exception cref="CrmRequestException">The filter is not valid for the table, or uses what is not supported.</exception>
    public static SqlFragment Parse(CrmEntity entity, string filter)
    {
        var parser = new FilterParser(entity, filter);
        parser.Or();
        if (parser.Peek.Kind != FilterTokenKind.End)
        {
            throw Unexpected(parser.Peek);
        }

        return parser._sql;
    }

    private FilterToken Peek => _tokens[_next];

    private void Or()
    {
        _sql.Append("(");
        And();
        while (TakeWord("or"))
        {
            _sql.Append(" OR ");
            And();
        }

        _sql.Append(")");
    }

    private void And()
    {
        Unary();
        while (TakeWord("and"))
        {
            _sql.Append(" AND ");
            Unary();
        }
    }

    private void Unary()
    {
        if (++_depth > MaxDepth)
        {
            throw CrmErrors.BadQuery("The expression in '$filter' is nested too deeply.");
        }

        if (TakeWord("not"))
        {
            _sql.Append("NOT ");
            Unary();
        }
        else if (Peek.Kind == FilterTokenKind.Open)
        {
            _next++;
            Or();
            Take(FilterTokenKind.Close);
        }
        else
        {
            Comparison();
        }

        _depth--;
    }

    private void Comparison()
    {
        if (++_comparisons > MaxComparisons)
        {
            throw CrmErrors.BadQuery("The expression in '$filter' has too many comparisons.");
        }

        if (TakeFunction() is { } function)
        {
            Call(function);
            return;
        }

        var left = TakeOperand();
        var @operator = TakeOperator();
        var right = TakeOperand();
        if (IsColumn(left) && !IsColumn(right))
        {
            Compare(Column(left), @operator, right);
        }
        else if (IsColumn(right) && !IsColumn(left))
        {
            Compare(Column(right), Mirror(@operator), left);
        }
        else
        {
            throw CrmErrors.BadQuery($"The comparison at position {left.Position} in '$filter' must be of a property with a literal.");
        }
    }

    private void Call(FilterToken function)
    {
        _next++;
        var name = TakeOperand();
        Take(FilterTokenKind.Comma);
        var value = TakeOperand();
        Take(FilterTokenKind.Close);
        if (!IsColumn(name))
        {
            throw CrmErrors.BadQuery($"The first argument of '{function.Text}' at position {function.Position} in '$filter' must be a property.");
        }

        var column = Column(name);
        if (!column.IsText || value.Kind != FilterTokenKind.Text)
        {
            throw CrmErrors.BadQuery(
                $"No function signature for the function with name '{function.Text}' matches the specified arguments. The function signatures considered are: {function.Text}(Edm.String Nullable=true, Edm.String Nullable=true).");
        }

        _sql.Append(CrmSql.TextFunction(function.Text)).Append("(").Append(CrmSql.Quote(column.LogicalName)).Append(", ").AppendValue(value.Text).Append(")");
    }

    private void Compare(CrmColumn column, string @operator, FilterToken literal)
    {
        var value = FilterLiteral.Convert(column, literal);
        switch (@operator)
        {
            case "eq":
                _sql.AppendColumn(column).Append(" IS ").AppendValue(value);
                break;
            case "ne":
                _sql.AppendColumn(column).Append(" IS NOT ").AppendValue(value);
                break;
            default:
                var symbol = @operator switch { "gt" => " > ", "ge" => " >= ", "lt" => " < ", _ => " <= " };
                _sql.Append("COALESCE(").AppendColumn(column).Append(symbol).AppendValue(value).Append(", 0)");
                break;
        }
    }

    private static string Mirror(string @operator) => @operator switch
    {
        "gt" => "lt",
        "ge" => "le",
        "lt" => "gt",
        "le" => "ge",
        _ => @operator,
    };

    /// <summary>A name, as opposed to a literal: literals without quotes start with a digit or a sign, or are one of three words.</summary>
    private bool IsColumn(FilterToken token) =>
        token.Kind == FilterTokenKind.Word
        && (char.IsAsciiLetter(token.Text[0]) || token.Text[0] == '_')
        && token.Text is not ("null" or "true" or "false")
        && (_entity.Find(token.Text) is not null || !Guid.TryParseExact(token.Text, "D", out _));

    private CrmColumn Column(FilterToken token) =>
        _entity.Find(token.Text) ?? throw CrmErrors.UnknownQueryColumn(token.Text, _entity.LogicalName);

    private FilterToken? TakeFunction()
    {
        var token = Peek;
        if (token.Kind != FilterTokenKind.Word || token.Text is not ("contains" or "startswith" or "endswith") || _tokens[_next + 1].Kind != FilterTokenKind.Open)
        {
            return null;
        }

        _next++;
        return token;
    }

    private void Take(FilterTokenKind kind)
    {
        if (Peek.Kind != kind)
        {
            throw Unexpected(Peek);
        }

        _next++;
    }

    private FilterToken TakeOperand()
    {
        var token = Peek;
        if (token.Kind is not (FilterTokenKind.Word or FilterTokenKind.Text))
        {
            throw Unexpected(token);
        }

        _next++;
        if (token.Kind == FilterTokenKind.Word && Peek.Kind == FilterTokenKind.Open)
        {
            throw CrmErrors.BadQuery($"The function '{token.Text}' at position {token.Position} in '$filter' is not supported.");
        }

        return token;
    }

    private string TakeOperator()
    {
        var token = Peek;
        if (token.Kind != FilterTokenKind.Word || token.Text is not ("eq" or "ne" or "gt" or "ge" or "lt" or "le"))
        {
            throw Unexpected(token);
        }

        _next++;
        return token.Text;
    }

    private bool TakeWord(string word)
    {
        if (Peek.Kind != FilterTokenKind.Word || Peek.Text != word)
        {
            return false;
        }

        _next++;
        return true;
    }

    private static CrmRequestException Unexpected(FilterToken token) =>
        CrmErrors.BadQuery($"Syntax error at position {token.Position} in '$filter': '{token.Text}' is not expected there.");
}
