using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Activities.Crm.Fitting;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm;

/// <summary>Makes one record in a CRM. Attempts, restarts and resubmits carry the same key, so it is made once.</summary>
[Activity("FlowLite", "CRM", "Creates one record in a CRM: once, however often it is tried, where the CRM enforces a key.",
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

    /// <summary>A <see cref="FitPolicy"/>, for all columns.</summary>
    [Input(DisplayName = "When a value doesn't fit", Description = "What happens to a value that doesn't fit its column. truncate: text that is too long is cut, other values are left out. skip: both are left out. fail: the activity fails. What was cut or left out stands in the run's history.",
        UIHint = "dropdown", Category = "Advanced", DefaultValue = "truncate", Options = ["truncate", "fail", "skip"])]
    public string? Fit { get; set; }

    [Input(DisplayName = "The same by column", Description = "Where a column is to be treated otherwise: {\"jobtitle\":\"fail\"}", UIHint = "json-editor", Category = "Advanced")]
    public JsonElement? FitByColumn { get; set; }

    /// <exception cref="FormatException">Not for a published flow.</exception>
    public FitPolicies FitPolicies => new(Fit, FitByColumn);

    [Output(DisplayName = "Record id", Description = "The id that the record has in the CRM.")]
    public Output<string> RecordId { get; set; } = null!;

    [Output(DisplayName = "Record URL", Description = "Where the record can be fetched.")]
    public Output<string> RecordUrl { get; set; } = null!;

    [Output(DisplayName = "Already existed", Description = "An earlier attempt had created it.")]
    public Output<bool> AlreadyExisted { get; set; } = null!;

    [Output(DisplayName = "Status code", Description = "The HTTP status that the CRM answered with.")]
    public Output<int> StatusCode { get; set; } = null!;

    protected override Effect EffectOf(ActivityNode node)
    {
        try
        {
            return connections.Get(Connection).CreateEffect(Entity);
        }
        catch (ActivityException)
        {
            // Its execution says the same, before anything is sent.
            return Effect.Idempotent;
        }
    }

    protected override IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Connection))
        {
            yield return "The connection's name is missing.";
        }

        if (!string.IsNullOrEmpty(Entity) && !TableName().IsMatch(Entity))
        {
            yield return $"'{Entity}' is no name of a table: letters, digits, underscores and dots.";
        }

        if (FitProblem() is { } problem)
        {
            yield return problem;
        }
    }

    protected override async ValueTask ExecuteAsync(ActivityContext context)
    {
        var known = connections.TableOf(Connection, Entity);
        // As the CRM spells it: there are some that take no other case.
        var table = known?.Name ?? Entity;
        // As the columns take them, as far as these are known.
        var fitted = FieldFitting.Fit(Fields.Get(context) ?? JsonValues.EmptyObject, known?.Columns ?? [], FitPolicies);
        var request = new CreateRecordRequest(
            Connection, table, fitted.Fields, context.IdempotencyKey, context.Node.Name, context.ItemPath);
        var record = await connections.CallAsync(Connection, context, async crm =>
        {
            await crm.CheckKeyAsync(table, anew: false, context.CancellationToken);
            // Prepared for less than an intention that is committed, it may not go out where that is what the connection chose.
            return crm.CreateEffect(table) <= context.Effect || crm.CreateEffect(table) == Effect.AtLeastOnce
                ? await crm.CreateAsync(request, context.CancellationToken)
                : throw new ActivityException("ConnectionChanged", $"What is known of the connection '{Connection}' has just changed. Nothing was sent; it goes on at once.")
                {
                    // No attempt, whatever the policy: its intention is committed, then it is executed again.
                    Wait = new GateWait(Gate: null, context.Time.GetUtcNow(), Attempted: false),
                };
        });
        context.SetOutput(RecordId, JsonValues.String(record.Id));
        context.SetOutput(RecordUrl, JsonValues.String(record.Url));
        context.SetOutput(AlreadyExisted, record.AlreadyExisted ? JsonValues.True : JsonValues.False);
        context.SetOutput(StatusCode, JsonValues.Number(record.StatusCode));
        List<string> notes = record.AlreadyExisted ? ["The record existed already: an earlier attempt had created it.", .. fitted.Notes] : [.. fitted.Notes];
        context.Note = notes.Count > 0 ? string.Join(' ', notes) : null;
    }

    private string? FitProblem()
    {
        try
        {
            _ = FitPolicies;
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex TableName();
}
