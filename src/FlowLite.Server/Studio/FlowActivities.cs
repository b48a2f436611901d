using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>The published flows that are usable as activities, as activities (Elsa's <c>usableAsActivity</c>).</summary>
public sealed class FlowActivities(FlowCatalog flows)
{
    private const string DefaultCategory = "Workflows";

    // Editors that need more than their name.
    private static readonly HashSet<string> NeedChoices = ["dropdown", "radiolist", "checklist", "code-editor", "secret-picker", "dynamic-outcomes", "flow-switch-editor", "switch-editor", "http-status-codes"];

    private volatile Known? _known;

    public IReadOnlyList<StudioActivity> Activities
    {
        get
        {
            object stamp = flows.All;
            if (_known is not { } known || known.Stamp != stamp)
            {
                _known = known = new Known(stamp, Describe());
            }

            return known.Activities;
        }
    }

    private List<StudioActivity> Describe()
    {
        var activities = new List<StudioActivity>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var flow in flows.Published.Where(f => f.Workflow is not null && IsUsable(f.Definition)).OrderBy(f => f.Definition.DefinitionId, StringComparer.Ordinal))
        {
            var name = Pascal(flow.Definition.Name ?? flow.Definition.DefinitionId);
            // Of two with one name the second goes by its id: documents know them by that in any case.
            activities.Add(Describe(flow.Definition, names.Add(name) ? name : $"{name}{Pascal(flow.Definition.DefinitionId)}"));
        }

        return activities;
    }

    private static bool IsUsable(WorkflowDefinition definition) => definition.Document.Member("options").Member("usableAsActivity").ValueKind == JsonValueKind.True;

    private static StudioActivity Describe(WorkflowDefinition definition, string name)
    {
        var document = definition.Document;
        var inputs = Items(document, "inputs").Select(Input).ToList();
        var outcomes = Texts(document, "outcomes").ToList();
        return new StudioActivity
        {
            TypeName = name,
            Namespace = DefaultCategory,
            Name = name,
            Version = definition.Version,
            Category = document.Member("options").Text("activityCategory") is { Length: > 0 } category ? category : DefaultCategory,
            DisplayName = definition.Name ?? definition.DefinitionId,
            Description = definition.Description is { Length: > 0 } text ? text : "A flow.",
            Inputs = inputs,
            Outputs = [.. Items(document, "outputs").Select((output, index) => new StudioOutput(output.Text("name")!, output.Text("type") ?? "Object")
            {
                DisplayName = output.Text("displayName") is { Length: > 0 } shown ? shown : output.Text("name")!,
                Description = output.Text("description") ?? "",
                Order = index,
            })],
            Ports = [.. (outcomes.Count > 0 ? outcomes : [Outcomes.Done]).Append(Outcomes.Failed).Distinct().Select(outcome => new StudioPort(outcome, outcome))],
            ConstructionProperties = new Dictionary<string, JsonElement>(inputs.Select(i => KeyValuePair.Create(i.Name, ActivityDescriptions.Expression(i.TypeName, "Scriban", ""))))
            {
                ["WorkflowDefinitionId"] = JsonValues.String(definition.DefinitionId),
                ["WorkflowDefinitionVersionId"] = JsonValues.String(definition.Id),
                ["LatestAvailablePublishedVersion"] = JsonValues.Number(definition.Version),
                ["LatestAvailablePublishedVersionId"] = JsonValues.String(definition.Id),
            },
        };
    }

    private static StudioInput Input(JsonElement input, int index)
    {
        var hint = input.Text("uiHint") is { Length: > 0 } given && !NeedChoices.Contains(given) ? given : "singleline";
        var editor = UiSpecifications.CodeEditor("json", isLarge: false);
        return new StudioInput(input.Text("name")!, input.Text("type") ?? "Object")
        {
            DisplayName = input.Text("displayName") is { Length: > 0 } shown ? shown : input.Text("name")!,
            Description = input.Text("description") ?? "",
            Order = index,
            UiHint = hint,
            DefaultSyntax = "Scriban",
            Category = input.Text("category") is { Length: > 0 } category ? category : null,
            UiSpecifications = hint == "json-editor" ? new Dictionary<string, JsonElement> { [editor.Key] = editor.Value } : null,
        };
    }

    private static IEnumerable<JsonElement> Items(JsonElement document, string list) =>
        document.Member(list) is { ValueKind: JsonValueKind.Array } items
            ? items.EnumerateArray().Where(i => i.Text("name") is { Length: > 0 }).DistinctBy(i => i.Text("name"))
            : [];

    private static IEnumerable<string> Texts(JsonElement document, string list) =>
        document.Member(list) is { ValueKind: JsonValueKind.Array } items
            ? items.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.String).Select(i => i.GetString()!).Where(i => i.Length > 0)
            : [];

    /// <summary>As Elsa makes a type's name of a flow's: <c>Say hello</c> is SayHello.</summary>
    private static string Pascal(string name)
    {
        var words = string.Concat(name.Select(c => char.IsLetterOrDigit(c) ? c : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? "Flow" : string.Concat(words.Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
    }

    private sealed record Known(object Stamp, IReadOnlyList<StudioActivity> Activities);
}
