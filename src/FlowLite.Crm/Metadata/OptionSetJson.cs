using System.Text.Json;
using FlowLite.Crm.Model;

namespace FlowLite.Crm.Metadata;

/// <summary>A column's options as Dataverse's OptionSetMetadata, or BooleanOptionSetMetadata for a boolean. None is shared by columns.</summary>
internal static class OptionSetJson
{
    public static void Write(Utf8JsonWriter writer, CrmColumn column, string owner)
    {
        writer.WriteStartObject("OptionSet");
        writer.WriteString("Name", owner.Replace('.', '_'));
        writer.WriteString("OptionSetType", column.Type.ToString());
        writer.WriteBoolean("IsGlobal", false);
        writer.WriteBoolean("IsCustomOptionSet", false);
        EntityJson.WriteLabel(writer, "DisplayName", column.DisplayName, owner + ".options");
        EntityJson.WriteLabel(writer, "Description", null, owner + ".options");
        writer.WriteString("MetadataId", EntityJson.IdOf(owner + ".options"));
        writer.WriteNull("HasChanged");
        if (column.Type == CrmColumnType.Boolean)
        {
            foreach (var option in column.Options)
            {
                writer.WritePropertyName(option.Value == 1 ? "TrueOption" : "FalseOption");
                WriteOption(writer, column, option, owner);
            }
        }
        else
        {
            writer.WriteStartArray("Options");
            foreach (var option in column.Options)
            {
                WriteOption(writer, column, option, owner);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteNull("GlobalOptionSet");
    }

    private static void WriteOption(Utf8JsonWriter writer, CrmColumn column, CrmOption option, string owner)
    {
        var id = $"{owner}.options.{option.Value}";
        writer.WriteStartObject();
        if (column.Type is CrmColumnType.State or CrmColumnType.Status)
        {
            writer.WriteString("@odata.type", $"#Microsoft.Dynamics.CRM.{column.Type}OptionMetadata");
        }

        writer.WriteNumber("Value", option.Value);
        EntityJson.WriteLabel(writer, "Label", option.Label, id);
        EntityJson.WriteLabel(writer, "Description", null, id);
        writer.WriteNull("Color");
        writer.WriteBoolean("IsManaged", true);
        writer.WriteNull("ExternalValue");
        writer.WriteString("MetadataId", EntityJson.IdOf(id));
        writer.WriteNull("HasChanged");
        if (column.Type == CrmColumnType.Status)
        {
            writer.WriteNumber("State", option.State!.Value);
        }
        else if (column.Type == CrmColumnType.State)
        {
            writer.WriteString("InvariantName", option.Label);
        }

        writer.WriteEndObject();
    }
}
