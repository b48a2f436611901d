using System.Globalization;
using System.Text.Json;
using FlowLite.Crm.Api;
using FlowLite.Crm.Query;

namespace FlowLite.Crm.Metadata;

/// <summary>
/// A <c>$filter</c> over metadata objects: eq and ne of a member, or of a member of a member (<c>RequiredLevel/Value</c>), with a
/// text, a word, an id or an enumeration's value (<c>Microsoft.Dynamics.CRM.AttributeRequiredLevel'Recommended'</c>), joined by
/// and, or, not and parentheses.
/// </summary>
internal sealed class MetadataFilter
{
    private const int MaxDepth = 64;

    private readonly List<FilterToken> _tokens;
    private readonly Func<JsonElement, bool> _test;
    private int _next;
    private int _depth;

    private MetadataFilter(string filter)
    {
        _tokens = FilterToken.Read(filter);
        _test = Or();
        Expect(FilterTokenKind.End);
    }

    /// <exception cref="CrmRequestException">The filter is not valid, or uses what is not supported.</exception>
    public static MetadataFilter Parse(string filter) => new(filter);

    public bool Matches(JsonElement value) => _test(value);

    private FilterToken Peek => _tokens[_next];

    private Func<JsonElement, bool> Or()
    {
        var tests = new List<Func<JsonElement, bool>> { And() };
        while (TakeWord("or"))
        {
            tests.Add(And());
        }

        return value => tests.Any(test => test(value));
    }

    private Func<JsonElement, bool> And()
    {
        var tests = new List<Func<JsonElement, bool>> { Unary() };
        while (TakeWord("and"))
        {
            tests.Add(Unary());
        }

        return value => tests.All(test => test(value));
    }

    private Func<JsonElement, bool> Unary()
    {
        if (++_depth > MaxDepth)
        {
            throw CrmErrors.BadQuery("The expression in '$filter' is nested too deeply.");
        }

        Func<JsonElement, bool> result;
        if (TakeWord("not"))
        {
            var inner = Unary();
            result = value => !inner(value);
        }
        else if (Peek.Kind == FilterTokenKind.Open)
        {
            _next++;
            result = Or();
            Expect(FilterTokenKind.Close);
        }
        else
        {
            result = Comparison();
        }

        _depth--;
        return result;
    }

    private Func<JsonElement, bool> Comparison()
    {
        var path = Expect(FilterTokenKind.Word).Text.Split('/');
        var @operator = Expect(FilterTokenKind.Word);
        if (@operator.Text is not ("eq" or "ne"))
        {
            throw Unexpected(@operator);
        }

        var literal = Literal();
        var equal = @operator.Text == "eq";
        return value => Equals(Member(value, path), literal) == equal;
    }

    /// <summary>A literal as text; null for null.</summary>
    private string? Literal()
    {
        if (Peek.Kind == FilterTokenKind.Text)
        {
            return _tokens[_next++].Text;
        }

        var word = Expect(FilterTokenKind.Word).Text;
        // An enumeration's value: its type's name, then its text.
        return Peek.Kind == FilterTokenKind.Text ? _tokens[_next++].Text : word == "null" ? null : word;
    }

    private static JsonElement Member(JsonElement value, string[] path)
    {
        foreach (var name in path)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                throw CrmErrors.BadQuery($"Could not find a property named '{string.Join('/', path)}' in '$filter'.");
            }
        }

        return value;
    }

    private static bool Equals(JsonElement value, string? literal) => value.ValueKind switch
    {
        JsonValueKind.Null => literal is null,
        JsonValueKind.String => value.ValueEquals(literal),
        JsonValueKind.True => literal == "true",
        JsonValueKind.False => literal == "false",
        JsonValueKind.Number => double.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && value.GetDouble() == number,
        _ => false,
    };

    private bool TakeWord(string word)
    {
        if (Peek.Kind != FilterTokenKind.Word || Peek.Text != word)
        {
            return false;
        }

        _next++;
        return true;
    }

    private FilterToken Expect(FilterTokenKind kind)
    {
        var token = Peek;
        if (token.Kind != kind)
        {
            throw Unexpected(token);
        }

        // The end stays where it is.
        _next += kind == FilterTokenKind.End ? 0 : 1;
        return token;
    }

    private static CrmRequestException Unexpected(FilterToken token) =>
        CrmErrors.BadQuery($"Syntax error at position {token.Position} in '$filter': '{token.Text}' is not expected there.");
}
