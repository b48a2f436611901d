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
    private static readonly ConditionalWeakTable<IReadOnlyList<CrmField>, FrozenDictionary<string, CrmField>> ByName = [];

    /// <param name="fields">A JSON object.</param>
    /// <exception cref="ActivityException"><c>FieldInvalid</c>: a value doesn't fit, and its policy is to fail.</exception>
    public static FittedFields Fit(JsonElement fields, IReadOnlyList<CrmField> columns, FitPolicies policies)
    {
        var known = ByName.GetValue(columns, static list => list
            .GroupBy(column => column.Name, StringComparer.OrdinalIgnoreCase).ToFrozenDictionary(same => same.Key, same => same.First(), StringComparer.OrdinalIgnoreCase));
        var notes = new List<string>();
        var fitted = JsonValues.Object(writer =>
        {
            foreach (var field in fields.EnumerateObject())
            {
                // What isn't known may be new, and is the CRM's to judge; a lookup's binding is no column.
                if (field.Value.ValueKind == JsonValueKind.Null || !known.TryGetValue(field.Name, out var column))
                {
                    field.WriteTo(writer);
                }
                else if (Fit(field.Value, column, policies.Of(field.Name), notes) is { } value)
                {
                    writer.WritePropertyName(field.Name);
                    value.WriteTo(writer);
                }
            }
        });
        return new FittedFields(fitted, notes);
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
            throw new ActivityException("FieldInvalid", $"{column.Name}: {problem} Correct the mapping, or set what is done with values that don't fit.")
            {
                Details = JsonValues.Object(writer =>
                {
                    writer.WriteString("column", column.Name);
                    writer.WriteString("problem", problem);
                }),
            };
        }

        if (policy == FitPolicy.Truncate && read.Value is { } cut)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{column.Name} was cut to {cut.GetString()!.Length} characters."));
            return cut;
        }

        notes.Add($"{column.Name} was left out: {problem}");
        return null;
    }
}
