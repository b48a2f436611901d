using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Fitting;

/// <summary>What happens to a value that doesn't fit its column.</summary>
public enum FitPolicy
{
    /// <summary>Text that is too long is cut, anything else that can't be made to fit is left out; the history says so. No lead is lost over one field.</summary>
    Truncate,

    /// <summary>The activity fails.</summary>
    Fail,

    /// <summary>The value is left out, text that is too long too; the history says so.</summary>
    Skip,
}

/// <summary>The policies of one record: one for all columns, others for single ones.</summary>
public sealed class FitPolicies
{
    private readonly Dictionary<string, FitPolicy> _byColumn = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="all">For all columns: <c>truncate</c>, <c>fail</c> or <c>skip</c>; empty is truncate.</param>
    /// <param name="byColumn">An object or its JSON text, <c>{"jobtitle":"fail"}</c>; null: none.</param>
    /// <exception cref="FormatException">It is not like that; the message says how it should be.</exception>
    public FitPolicies(string? all, JsonElement? byColumn)
    {
        All = string.IsNullOrWhiteSpace(all) ? FitPolicy.Truncate : Read(all);
        var policies = byColumn is { ValueKind: JsonValueKind.String } text ? Parse(text.GetString()!) : byColumn;
        if (policies is not { ValueKind: JsonValueKind.Object } columns)
        {
            if (policies is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) })
            {
                throw new FormatException("The policies by column are an object: {\"jobtitle\":\"fail\"}.");
            }

            return;
        }

        foreach (var column in columns.EnumerateObject())
        {
            _byColumn[column.Name] = Read(InputValues.Text(column.Value));
        }
    }

    public FitPolicy All { get; }

    public FitPolicy Of(string column) => _byColumn.TryGetValue(column, out var policy) ? policy : All;

    private static JsonElement? Parse(string text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(text) ? null : JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            throw new FormatException("The policies by column are no JSON; they are an object: {\"jobtitle\":\"fail\"}.");
        }
    }

    private static FitPolicy Read(string policy) => policy.Trim().ToLowerInvariant() switch
    {
        "truncate" => FitPolicy.Truncate,
        "fail" => FitPolicy.Fail,
        "skip" => FitPolicy.Skip,
        _ => throw new FormatException($"A policy is truncate, fail or skip, not '{policy}'."),
    };
}
