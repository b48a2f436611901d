using System.Text.RegularExpressions;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm;

/// <summary>Makes one record in a CRM. Attempts, restarts and resubmits carry the same key, so it is made once.</summary>
[Activity("FlowLite", "CRM", "Creates one record in a CRM, once, however often it is tried.",
    DisplayName = "Create a new record", Effect = Effect.Idempotent, Outcomes = [Engine.Activities.Outcomes.Done, Engine.Activities.Outcomes.Failed])]
public sealed partial class CreateRecord(Connections connections) : Activity
{
    [Input(Description = "The CRM connection.", UIHint = "dropdown", Refresh = true, DefaultValue = "embedded")]
    public string Connection { get; set; } = "embedded";

    [Input(Description = "The table: leads, contacts, accounts…", UIHint = "dropdown", Refresh = true, Required = true)]
    public string Entity { get; set; } = string.Empty;

    /// <summary>An expression for each column. What gives null is not sent.</summary>
    [Input(Description = "A value for each column, by the column's name.", UIHint = "json-editor", IsLargeEditor = true)]
    public InputMap Fields { get; set; } = null!;

    [Output(DisplayName = "Record id", Description = "The id that the record has in the CRM.")]
    public Output<string> RecordId { get; set; } = null!;

    [Output(DisplayName = "Record URL", Description = "Where the record can be fetched.")]
    public Output<string> RecordUrl { get; set; } = null!;

    [Output(DisplayName = "Already existed", Description = "An earlier attempt had created it.")]
    public Output<bool> AlreadyExisted { get; set; } = null!;

    [Output(DisplayName = "Status code", Description = "The HTTP status that the CRM answered with.")]
    public Output<int> StatusCode { get; set; } = null!;

    protected override IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Connection))
        {
            yield return "The connection's name is missing.";
        }

        if (!string.IsNullOrEmpty(Entity) && !TableName().IsMatch(Entity))
        {
            yield return $"'{Entity}' is no name of a table: letters, digits and underscores.";
        }
    }

    protected override async ValueTask ExecuteAsync(ActivityContext context)
    {
        var request = new CreateRecordRequest(
            Connection, Entity, Fields.Get(context) ?? JsonValues.EmptyObject, context.IdempotencyKey, context.Node.Name, context.ItemPath);
        var record = await connections.CallAsync(Connection, context, crm => crm.CreateAsync(request, context.CancellationToken));
        context.SetOutput(RecordId, JsonValues.String(record.Id));
        context.SetOutput(RecordUrl, JsonValues.String(record.Url));
        context.SetOutput(AlreadyExisted, record.AlreadyExisted ? JsonValues.True : JsonValues.False);
        context.SetOutput(StatusCode, JsonValues.Number(record.StatusCode));
        if (record.AlreadyExisted)
        {
            context.Note = "The record existed already: an earlier attempt had created it.";
        }
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex TableName();
}
