using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Definitions;

/// <summary>
/// Writes a definition in Elsa's shape: the document as it was saved, with what the server owns laid over it. Every value of
/// the document that the server does not own is written as it stands.
/// </summary>
public sealed class DefinitionWriter(ActivityRegistry registry)
{
    /// <summary>The release of Elsa whose contract is spoken.</summary>
    public const string ToolVersion = "3.8.0.0";

    // Elsa's name of the workflow itself, in which every node id starts.
    private const string WorkflowNode = "Workflow1";

    private static readonly HashSet<string> Owned =
        ["$schema", "links", "id", "definitionId", "version", "isLatest", "isPublished", "isReadonly", "isSystem", "createdAt", "toolVersion"];

    // The Studio can't read null in their place; a new flow comes with nulls.
    private static readonly HashSet<string> NeverNull = ["variables", "inputs", "outputs", "outcomes", "customProperties", "options", "root"];

    /// <summary>Writes the members of the definition into the object that is open.</summary>
    public void WriteMembers(Utf8JsonWriter writer, WorkflowDefinition definition)
    {
        writer.WriteString("id", definition.Id);
        writer.WriteString("definitionId", definition.DefinitionId);
        writer.WriteString("createdAt", definition.CreatedAt.ToString("O", CultureInfo.InvariantCulture));
        writer.WriteNumber("version", definition.Version);
        writer.WriteString("toolVersion", ToolVersion);
        writer.WriteBoolean("isLatest", definition.IsLatest);
        writer.WriteBoolean("isPublished", definition.IsPublished);
        writer.WriteBoolean("isReadonly", false);
        writer.WriteBoolean("isSystem", false);
        foreach (var member in definition.Document.EnumerateObject())
        {
            if (Owned.Contains(member.Name) || (member.Value.ValueKind == JsonValueKind.Null && NeverNull.Contains(member.Name)))
            {
                continue;
            }

            if (member.Name == "root")
            {
                writer.WritePropertyName(member.Name);
                WriteActivity(writer, member.Value, WorkflowNode);
            }
            else
            {
                member.WriteTo(writer);
            }
        }
    }

    // Recursive: DefinitionJson.MaxDepth bounds it.
    private void WriteActivity(Utf8JsonWriter writer, JsonElement activity, string parentNode)
    {
        var node = $"{parentNode}:{activity.Text("id")}";
        var descriptor = activity.Text("type") is { } type ? registry.Find(type) : null;
        writer.WriteStartObject();
        foreach (var member in activity.EnumerateObject())
        {
            if (member.Name == "nodeId")
            {
                continue;
            }

            writer.WritePropertyName(member.Name);
            if (descriptor is null)
            {
                WriteUnknown(writer, member, node);
            }
            else
            {
                WriteKnown(writer, member, descriptor, node);
            }

            // Beside the id, as Elsa has it.
            if (member.Name == "id")
            {
                writer.WriteString("nodeId", node);
            }
        }

        writer.WriteEndObject();
    }

    private void WriteKnown(Utf8JsonWriter writer, JsonProperty member, ActivityDescriptor descriptor, string node)
    {
        if (descriptor.IsContainer && member.Name == "activities" && member.Value.ValueKind == JsonValueKind.Array)
        {
            WriteChildren(writer, member.Value, node);
        }
        else if (member.Value.ValueKind == JsonValueKind.Object && descriptor.Ports.Any(port => JsonNamingPolicy.CamelCase.ConvertName(port) == member.Name))
        {
            WriteActivity(writer, member.Value, node);
        }
        else if (descriptor.ChildLists.Any(list => list.List == member.Name))
        {
            WriteUnknown(writer, member.Value, node);
        }
        else if (descriptor.Inputs.FirstOrDefault(i => i.IsWrapped && i.JsonName == member.Name) is { } input)
        {
            WriteInput(writer, member.Value, input);
        }
        else
        {
            // Children may stand deeper than at a port: cases[].activity.
            WriteUnknown(writer, member, node);
        }
    }

    private static void WriteInput(Utf8JsonWriter writer, JsonElement value, InputDescriptor input)
    {
        if (!input.IsMap || value.ValueKind != JsonValueKind.Object)
        {
            WriteTyped(writer, value, input.TypeName);
            return;
        }

        writer.WriteStartObject();
        foreach (var field in value.EnumerateObject())
        {
            writer.WritePropertyName(field.Name);
            WriteTyped(writer, field.Value, "Object");
        }

        writer.WriteEndObject();
    }

    /// <summary>The Studio sends <c>"typeName":null</c> and expects the type back.</summary>
    private static void WriteTyped(Utf8JsonWriter writer, JsonElement input, string typeName)
    {
        if (input.Member("expression").ValueKind != JsonValueKind.Object || input.Text("typeName") is not null)
        {
            input.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("typeName", typeName);
        foreach (var member in input.EnumerateObject().Where(m => m.Name != "typeName"))
        {
            member.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private void WriteChildren(Utf8JsonWriter writer, JsonElement children, string node)
    {
        writer.WriteStartArray();
        foreach (var child in children.EnumerateArray())
        {
            if (child.ValueKind == JsonValueKind.Object)
            {
                WriteActivity(writer, child, node);
            }
            else
            {
                child.WriteTo(writer);
            }
        }

        writer.WriteEndArray();
    }

    /// <summary>Activities may stand anywhere in an activity that is unknown here: <c>then</c>, <c>activities[]</c>, <c>cases[].activity</c>.</summary>
    private void WriteUnknown(Utf8JsonWriter writer, JsonProperty member, string node)
    {
        if (member.Name is "customProperties" or "metadata" or "expression")
        {
            member.Value.WriteTo(writer);
        }
        else
        {
            WriteUnknown(writer, member.Value, node);
        }
    }

    private void WriteUnknown(Utf8JsonWriter writer, JsonElement value, string node)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when LooksLikeActivity(value):
                WriteActivity(writer, value, node);
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    WriteUnknown(writer, member, node);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    WriteUnknown(writer, item, node);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    // A JSON schema's nodes have id and type as well; types of activities have a namespace.
    private static bool LooksLikeActivity(JsonElement value) =>
        value.Text("id") is not null && value.Text("type") is { } type && type.Contains('.', StringComparison.Ordinal);
}
