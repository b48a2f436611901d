using System.Globalization;
using FlowLite.Crm.Api;
using FlowLite.Crm.Model;

namespace FlowLite.Crm.Query;

/// <summary>Turns a literal of a filter into the stored form of the column that it is compared with.</summary>
internal static class FilterLiteral
{
    /// <exception cref="CrmRequestException">The literal is not of the column's type.</exception>
    public static object? Convert(CrmColumn column, FilterToken literal)
    {
        if (literal is { Kind: FilterTokenKind.Word, Text: "null" })
        {
            return null;
        }

        var isText = literal.Kind == FilterTokenKind.Text;
        object? value = column.Type switch
        {
            CrmColumnType.Text or CrmColumnType.Memo => isText ? literal.Text : null,
            // Dataverse takes ids with and without quotes.
            CrmColumnType.Id => Guid.TryParseExact(literal.Text, "D", out var id) ? id : null,
            _ when isText => null,
            CrmColumnType.Boolean => literal.Text switch { "true" => 1L, "false" => 0L, _ => null },
            CrmColumnType.DateTime => CrmDates.TryParseInstant(literal.Text, out var instant) ? instant.ToUnixTimeMilliseconds() : null,
            CrmColumnType.Date => CrmDates.TryParseDate(literal.Text, out var date) ? CrmDates.Format(date) : null,
            _ => Number(literal.Text),
        };
        return value ?? throw CrmErrors.BadQuery(
            $"A binary operator with incompatible types was detected: the literal at position {literal.Position} in '$filter' is not of the type '{column.EdmType}' of '{column.LogicalName}'.");
    }

    private static object? Number(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }
}
