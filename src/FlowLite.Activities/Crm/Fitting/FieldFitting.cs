using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Fitting;

/// <param name="Fields">As they are sent.</param>
/// <param name="Notes">What was cut or left out, for the history.</param>
public sealed record FittedFields(JsonElement Fields, IReadOnlyList<string> Notes);

/// <summary>
/// Makes a record's values fit its columns, as far as these are known: labels become options, texts numbers, dates and booleans, and
/// what doesn't fit is treated as the policy says.
/// </summary>
public static class FieldFitting
{
    /// <summary>A list of columns serves many records.</summary>
    private static readonly ConditionalWeakTable<IReadOnlyList<CrmField>, Func<string, CrmField?>> ByName = [];

    /// <param name="fields">A JSON object.</param>
    /// <exception cref="ActivityException"><c>FieldInvalid</c>: a value doesn't fit, and its policy is to fail.</exception>
    public static FittedFields Fit(JsonElement fields, IReadOnlyList<CrmField> columns, FitPolicies policies)
    {
        var hasNul = NulCharacters.MayHave(fields);
        if (columns.Count == 0 && !hasNul)
        {
            return new FittedFields(fields, []);
        }

        var find = ByName.GetValue(columns, Finder);
        var notes = new List<string>();
        var fitted = JsonValues.Object(writer =>
        {
            foreach (var field in fields.EnumerateObject())
            {
                // What isn't known may be new, and is the CRM's to judge; a lookup's binding is no column.
                var column = find(field.Name);
                var name = column?.Name ?? field.Name;
                if ((hasNul ? WithoutNul(name, field.Value, policies.Of(field.Name), notes) : field.Value) is not { } given)
                {
                    continue;
                }

                if ((given.ValueKind == JsonValueKind.Null || column is null ? given : Fit(given, column, policies.Of(field.Name), notes)) is { } value)
                {
                    // As the CRM spells it: there are some that take no other case.
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }
            }
        });
        return new FittedFields(fitted, notes);
    }

    private static Func<string, CrmField?> Finder(IReadOnlyList<CrmField> columns)
    {
        var exact = columns.GroupBy(column => column.Name, StringComparer.Ordinal).ToFrozenDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        var loose = columns.GroupBy(column => column.Name, StringComparer.OrdinalIgnoreCase).ToFrozenDictionary(same => same.Key, same => same.First(), StringComparer.OrdinalIgnoreCase);
        return name => exact.GetValueOrDefault(name) ?? loose.GetValueOrDefault(name);
    }

    // Databases, and CRMs that are built on them, keep no text with a NUL in it.
    private static JsonElement? WithoutNul(string name, JsonElement value, FitPolicy policy, List<string> notes)
    {
        if (!NulCharacters.Has(value))
        {
            return value;
        }

        if (policy == FitPolicy.Fail)
        {
            throw Invalid(name, "The text has a NUL character in it.");
        }

        notes.Add(policy == FitPolicy.Skip ? $"{name} was left out: the text has a NUL character in it." : $"NUL characters were taken out of {name}.");
        return policy == FitPolicy.Skip ? null : NulCharacters.Without(value);
    }

    /// <summary>What is wrong with a value; null: it fits, or can be made to.</summary>
    public static string? Problem(JsonElement value, CrmField column) => FieldValues.Read(value, column).Problem;

    private static JsonElement? Fit(JsonElement value, CrmField column, FitPolicy policy, List<string> notes)
    {
        var read = FieldValues.Read(value, column);
        if (read.Problem is not { } problem)
        {
            return read.Value;
        }

        if (policy == FitPolicy.Fail)
        {
            throw Invalid(column.Name, problem);
        }

        if (policy == FitPolicy.Truncate && read.Value is { } cut)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{column.Name} was cut to {FieldValues.Length(cut.GetString()!, column)} characters."));
            return cut;
        }

        notes.Add($"{column.Name} was left out: {problem}");
        return null;
    }

    private static ActivityException Invalid(string column, string problem) =>
        new("FieldInvalid", $"{column}: {problem} Correct the mapping, or set what is done with values that don't fit.")
        {
            Details = JsonValues.Object(writer =>
            {
                writer.WriteString("column", column);
                writer.WriteString("problem", problem);
            }),
        };
}
