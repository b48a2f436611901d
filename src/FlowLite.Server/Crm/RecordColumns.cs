using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Crm.Fitting;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Crm;

/// <summary>Holds the fields of a flow's Create record against the columns that its table has, as far as these are known.</summary>
public sealed class RecordColumns(CrmMetadataCache metadata)
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    /// <summary>Columns that don't exist, and fixed values that never fit; warnings where the CRM will do without.</summary>
    public async Task<IReadOnlyList<DefinitionProblem>> CheckAsync(JsonElement document, ActivityNode node, CreateRecord record)
    {
        if (metadata.FieldsOf(record.Connection, record.Entity) is not { } columns)
        {
            return [Warning(node, "/entity", $"The columns of '{record.Entity}' are not known yet, so the fields are checked when the flow runs.")];
        }

        var unknown = record.Fields.Keys.Where(key => IsColumn(key) && Find(columns, key) is null).ToList();
        if (unknown.Count > 0)
        {
            columns = await AskAsync(record) ?? columns;
            unknown = unknown.FindAll(key => Find(columns, key) is null);
        }

        var problems = unknown.ConvertAll(key => new DefinitionProblem(
            node.Id, $"{node.Path}/fields/{key}", $"The table '{record.Entity}' of connection '{record.Connection}' has no column '{key}'."));
        problems.AddRange(record.Fields.Keys.Where(IsColumn).GroupBy(key => Find(columns, key)?.Name).Where(same => same.Key is not null && same.Count() > 1)
            .Select(same => new DefinitionProblem(node.Id, $"{node.Path}/fields/{same.Last()}", $"The column '{same.Key}' is given more than once: {string.Join(", ", same)}.")));
        var policies = record.FitPolicies;
        foreach (var (name, value) in Fixed(document, node.Id))
        {
            if (Find(columns, name) is { } column && FieldFitting.Problem(value, column) is { } problem)
            {
                problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/fields/{name}", $"{name}: {problem}", IsWarning: policies.Of(name) != FitPolicy.Fail));
            }
        }

        problems.AddRange(columns
            .Where(column => column is { Requirement: CrmRequirement.Required, CanCreate: true } && !record.Fields.Keys.Contains(column.Name, StringComparer.OrdinalIgnoreCase))
            .Select(column => Warning(node, "/fields", $"{column.Name} ({column.DisplayName}) is required by the CRM and gets no value.")));
        return problems;
    }

    // A lookup is set by its navigation property, which is no column: ownerid@odata.bind.
    private static bool IsColumn(string key) => !key.Contains('@', StringComparison.Ordinal);

    private static CrmField? Find(IReadOnlyList<CrmField> columns, string name) =>
        columns.FirstOrDefault(column => column.Name == name) ?? columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase));

    private static DefinitionProblem Warning(ActivityNode node, string path, string message) => new(node.Id, node.Path + path, message, IsWarning: true);

    private static IEnumerable<(string Name, JsonElement Value)> Fixed(JsonElement document, string activityId)
    {
        var activity = ActivityTree.All(document).FirstOrDefault(activity => activity.GetProperty("id").ValueEquals(activityId));
        if (activity.ValueKind != JsonValueKind.Object || !activity.TryGetProperty("fields", out var fields) || fields.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var field in fields.EnumerateObject())
        {
            var value = field.Value;
            if (value.ValueKind == JsonValueKind.Object)
            {
                value = value.TryGetProperty("expression", out var expression) && expression.ValueKind == JsonValueKind.Object
                    && expression.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("Literal")
                    && expression.TryGetProperty("value", out var literal) ? literal : default;
            }

            if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
            {
                yield return (field.Name, value);
            }
        }
    }

    // What is known may be old, and a column may be new.
    private async Task<IReadOnlyList<CrmField>?> AskAsync(CreateRecord record)
    {
        try
        {
            using var patience = new CancellationTokenSource(AnswersWithin);
            var known = await metadata.AskAsync(record.Connection, patience.Token);
            return known.Table(record.Entity)?.Columns;
        }
        catch (Exception e) when (e is ActivityException or OperationCanceledException)
        {
            return null;
        }
    }
}
