using System.Text;
using FlowLite.Crm.Api;

namespace FlowLite.Crm.Query;

internal enum FilterTokenKind
{
    /// <summary>A name, an operator or a literal without quotes.</summary>
    Word,

    /// <summary>A quoted text, with its quotes undone.</summary>
    Text,
    Open,
    Close,
    Comma,
    End,
}

internal readonly record struct FilterToken(FilterTokenKind Kind, string Text, int Position)
{
    /// <exception cref="CrmRequestException">A character that no token starts with, or a quote without end.</exception>
    public static List<FilterToken> Read(string filter)
    {
        var tokens = new List<FilterToken>();
        var position = 0;
        while (position < filter.Length)
        {
            var start = position;
            switch (filter[position])
            {
                case ' ' or '\t':
                    position++;
                    break;
                case '(':
                    tokens.Add(new FilterToken(FilterTokenKind.Open, "(", position++));
                    break;
                case ')':
                    tokens.Add(new FilterToken(FilterTokenKind.Close, ")", position++));
                    break;
                case ',':
                    tokens.Add(new FilterToken(FilterTokenKind.Comma, ",", position++));
                    break;
                case '\'':
                    tokens.Add(new FilterToken(FilterTokenKind.Text, Unquote(filter, ref position), start));
                    break;
                case var c when IsWord(c):
                    while (position < filter.Length && IsWord(filter[position]))
                    {
                        position++;
                    }

                    tokens.Add(new FilterToken(FilterTokenKind.Word, filter[start..position], start));
                    break;
                default:
                    throw CrmErrors.BadQuery($"Syntax error: character '{filter[position]}' is not valid at position {position} in '$filter'.");
            }
        }

        tokens.Add(new FilterToken(FilterTokenKind.End, "end of the expression", filter.Length));
        return tokens;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+' or ':' or '.' or '/';

    private static string Unquote(string filter, ref int position)
    {
        var start = position++;
        var text = new StringBuilder();
        while (position < filter.Length)
        {
            if (filter[position] != '\'')
            {
                text.Append(filter[position++]);
            }
            else if (position + 1 < filter.Length && filter[position + 1] == '\'')
            {
                text.Append('\'');
                position += 2;
            }
            else
            {
                position++;
                return text.ToString();
            }
        }

        throw CrmErrors.BadQuery($"There is an unterminated string literal at position {start} in '$filter'.");
    }
}
