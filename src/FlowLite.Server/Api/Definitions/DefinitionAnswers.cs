using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Flows as Elsa's API writes them.</summary>
internal sealed class DefinitionAnswers(DefinitionWriter writer, StudioDocuments studio)
{
    public const string Schema = "https://elsaworkflows.io/schemas/workflow-definition/v3.0.0/schema.json";

    public JsonResult One(WorkflowDefinition definition) => new(json => WriteOne(json, definition));

    /// <param name="consumers">How many flows have it as a part and run it from now on.</param>
    public JsonResult Saved(PublishedDefinition saved, int consumers) => new(json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("workflowDefinition");
        WriteOne(json, saved.Definition);
        json.WriteBoolean("alreadyPublished", saved.AlreadyPublished);
        json.WriteNumber("consumingWorkflowCount", consumers);
        json.WriteStartArray("validationErrors");
        foreach (var warning in saved.Warnings)
        {
            json.WriteStartObject();
            json.WriteString("message", ElsaErrors.Say(warning));
            json.WriteString("activityId", warning.ActivityId);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    public JsonResult Many(IReadOnlyList<WorkflowDefinition> definitions) => new(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (var definition in definitions)
        {
            WriteOne(json, definition);
        }

        json.WriteEndArray();
        json.WriteNumber("count", definitions.Count);
        json.WriteEndObject();
    });

    /// <summary>A bare array in which the root is a text, as Elsa answers here.</summary>
    public JsonResult Versions(IReadOnlyList<WorkflowDefinition> versions) => new(json =>
    {
        json.WriteStartArray();
        foreach (var version in versions)
        {
            var whole = Whole(version);
            json.WriteStartObject();
            foreach (var member in whole.EnumerateObject().Where(m => m.Name != "root"))
            {
                member.WriteTo(json);
            }

            json.WriteString("materializerName", "Json");
            json.WriteString("stringData", JsonValues.CompactText(whole.GetProperty("root")));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static JsonResult Page(DefinitionPage page) => new(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (var definition in page.Items)
        {
            json.WriteStartObject();
            DefinitionLinks.WriteOne(json, definition.DefinitionId);
            WriteSummary(json, definition);
            json.WriteBoolean("isMaterializerAvailable", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("totalCount", page.TotalCount);
        DefinitionLinks.WriteList(json);
        json.WriteEndObject();
    });

    public static JsonResult Summary(WorkflowDefinition definition) => new(json =>
    {
        json.WriteStartObject();
        WriteSummary(json, definition);
        json.WriteEndObject();
    });

    /// <summary>What is in a file: the document as it was saved, kinds of activities that are unknown here and all.</summary>
    public void WriteExport(Utf8JsonWriter json, WorkflowDefinition definition)
    {
        json.WriteStartObject();
        json.WriteString("$schema", Schema);
        writer.WriteMembers(json, definition);
        json.WriteEndObject();
    }

    /// <summary>The definition as the Studio gets it, without links.</summary>
    public JsonElement Whole(WorkflowDefinition definition) =>
        JsonValues.Object(json => writer.WriteMembers(json, definition with { Document = studio.ForStudio(definition.Document) }));

    private void WriteOne(Utf8JsonWriter json, WorkflowDefinition definition)
    {
        json.WriteStartObject();
        DefinitionLinks.WriteOne(json, definition.DefinitionId);
        writer.WriteMembers(json, definition with { Document = studio.ForStudio(definition.Document) });
        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, WorkflowDefinition definition)
    {
        json.WriteString("id", definition.Id);
        json.WriteString("definitionId", definition.DefinitionId);
        json.WriteString("name", definition.Name);
        json.WriteString("description", definition.Description);
        json.WriteNumber("version", definition.Version);
        json.WriteString("toolVersion", DefinitionWriter.ToolVersion);
        json.WriteBoolean("isLatest", definition.IsLatest);
        json.WriteBoolean("isPublished", definition.IsPublished);
        json.WriteBoolean("isReadonly", false);
        json.WriteString("materializerName", "Json");
        json.WriteString("createdAt", definition.CreatedAt.ToString("O", CultureInfo.InvariantCulture));
    }
}
