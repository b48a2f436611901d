using System.Collections.Frozen;
using System.Text.Json;
using FlowLite.Crm.Model;

namespace FlowLite.Crm.Metadata;

/// <summary>A column as one of Dataverse's AttributeMetadata types (Web API: StringAttributeMetadata, PicklistAttributeMetadata...).</summary>
internal static class AttributeJson
{
    private const string Namespace = "Microsoft.Dynamics.CRM.";

    /// <summary>The members of every column; the others belong to its type and are reached through a cast.</summary>
    public static FrozenSet<string> BaseMembers { get; } = new[]
    {
        "LogicalName", "SchemaName", "EntityLogicalName", "AttributeType", "AttributeTypeName", "ColumnNumber", "DisplayName", "Description",
        "RequiredLevel", "IsPrimaryId", "IsPrimaryName", "IsLogical", "IsCustomAttribute", "IsValidForCreate", "IsValidForUpdate",
        "IsValidForRead", "IsValidODataAttribute", "SourceType", "MetadataId", "HasChanged",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The members that each type adds to those, by the type's name without its namespace.</summary>
    public static FrozenDictionary<string, string[]> TypeMembers { get; } = new Dictionary<string, string[]>
    {
        ["StringAttributeMetadata"] = ["MaxLength", "Format", "FormatName"],
        ["MemoAttributeMetadata"] = ["MaxLength", "Format", "FormatName"],
        ["IntegerAttributeMetadata"] = ["MinValue", "MaxValue", "Format"],
        ["DoubleAttributeMetadata"] = ["MinValue", "MaxValue", "Precision"],
        ["BigIntAttributeMetadata"] = ["MinValue", "MaxValue"],
        ["BooleanAttributeMetadata"] = ["DefaultValue", "OptionSet", "GlobalOptionSet"],
        ["DateTimeAttributeMetadata"] = ["Format", "DateTimeBehavior"],
        ["PicklistAttributeMetadata"] = ["DefaultFormValue", "OptionSet", "GlobalOptionSet"],
        ["StateAttributeMetadata"] = ["DefaultFormValue", "OptionSet", "GlobalOptionSet"],
        ["StatusAttributeMetadata"] = ["DefaultFormValue", "OptionSet", "GlobalOptionSet"],
        ["UniqueIdentifierAttributeMetadata"] = [],
        ["LookupAttributeMetadata"] = ["Targets"],
        ["DecimalAttributeMetadata"] = ["MinValue", "MaxValue", "Precision"],
        ["MoneyAttributeMetadata"] = ["MinValue", "MaxValue", "Precision"],
        ["MultiSelectPicklistAttributeMetadata"] = ["DefaultFormValue", "OptionSet", "GlobalOptionSet"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void Write(Utf8JsonWriter writer, CrmEntity entity, CrmColumn column)
    {
        var owner = entity.LogicalName + "." + column.LogicalName;
        var (type, code, name) = Types(column.Type);
        writer.WriteStartObject();
        writer.WriteString("@odata.type", "#" + Namespace + type);
        writer.WriteString("LogicalName", column.LogicalName);
        writer.WriteString("SchemaName", column.SchemaName);
        writer.WriteString("EntityLogicalName", entity.LogicalName);
        writer.WriteString("AttributeType", code);
        WriteValue(writer, "AttributeTypeName", name);
        writer.WriteNumber("ColumnNumber", column.Ordinal + 1);
        EntityJson.WriteLabel(writer, "DisplayName", column.DisplayName, owner);
        EntityJson.WriteLabel(writer, "Description", null, owner);
        writer.WriteStartObject("RequiredLevel");
        writer.WriteString("Value", column.Required.ToString());
        writer.WriteBoolean("CanBeChanged", false);
        writer.WriteString("ManagedPropertyLogicalName", "canmodifyrequirementlevelsettings");
        writer.WriteEndObject();
        writer.WriteBoolean("IsPrimaryId", column == entity.Id);
        writer.WriteBoolean("IsPrimaryName", column == entity.PrimaryName);
        writer.WriteBoolean("IsLogical", column.Computed is not null);
        writer.WriteBoolean("IsCustomAttribute", false);
        writer.WriteBoolean("IsValidForCreate", column.IsWritable);
        writer.WriteBoolean("IsValidForUpdate", column.IsWritable && column != entity.Id);
        writer.WriteBoolean("IsValidForRead", true);
        writer.WriteBoolean("IsValidODataAttribute", true);
        writer.WriteNumber("SourceType", column.Computed is null ? 0 : 1);
        writer.WriteString("MetadataId", EntityJson.IdOf(owner));
        writer.WriteNull("HasChanged");
        WriteOfType(writer, column, owner);
        writer.WriteEndObject();
    }

    private static (string Type, string Code, string Name) Types(CrmColumnType type) => type switch
    {
        CrmColumnType.Text => ("StringAttributeMetadata", "String", "StringType"),
        CrmColumnType.Memo => ("MemoAttributeMetadata", "Memo", "MemoType"),
        CrmColumnType.Integer => ("IntegerAttributeMetadata", "Integer", "IntegerType"),
        CrmColumnType.Double => ("DoubleAttributeMetadata", "Double", "DoubleType"),
        CrmColumnType.Boolean => ("BooleanAttributeMetadata", "Boolean", "BooleanType"),
        CrmColumnType.DateTime or CrmColumnType.Date => ("DateTimeAttributeMetadata", "DateTime", "DateTimeType"),
        CrmColumnType.Picklist => ("PicklistAttributeMetadata", "Picklist", "PicklistType"),
        CrmColumnType.State => ("StateAttributeMetadata", "State", "StateType"),
        CrmColumnType.Status => ("StatusAttributeMetadata", "Status", "StatusType"),
        CrmColumnType.Id => ("UniqueIdentifierAttributeMetadata", "Uniqueidentifier", "UniqueidentifierType"),
        CrmColumnType.Version => ("BigIntAttributeMetadata", "BigInt", "BigIntType"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "A column type without metadata."),
    };

    private static void WriteOfType(Utf8JsonWriter writer, CrmColumn column, string owner)
    {
        switch (column.Type)
        {
            case CrmColumnType.Text or CrmColumnType.Memo:
                var format = column.Type == CrmColumnType.Memo ? "TextArea" : column.Format;
                writer.WriteNumber("MaxLength", column.MaxLength!.Value);
                writer.WriteString("Format", format);
                WriteValue(writer, "FormatName", format);
                break;
            case CrmColumnType.Integer:
                writer.WriteNumber("MinValue", (int)column.Min!.Value);
                writer.WriteNumber("MaxValue", (int)column.Max!.Value);
                writer.WriteString("Format", "None");
                break;
            case CrmColumnType.Double:
                writer.WriteNumber("MinValue", column.Min!.Value);
                writer.WriteNumber("MaxValue", column.Max!.Value);
                writer.WriteNumber("Precision", 5);
                break;
            case CrmColumnType.Version:
                writer.WriteNumber("MinValue", 0);
                writer.WriteNumber("MaxValue", long.MaxValue);
                break;
            case CrmColumnType.DateTime or CrmColumnType.Date:
                var isDate = column.Type == CrmColumnType.Date;
                writer.WriteString("Format", isDate ? "DateOnly" : "DateAndTime");
                WriteValue(writer, "DateTimeBehavior", isDate ? "DateOnly" : "UserLocal");
                break;
            case CrmColumnType.Boolean:
                writer.WriteBoolean("DefaultValue", column.Default is 1L);
                OptionSetJson.Write(writer, column, owner);
                break;
            case CrmColumnType.Picklist or CrmColumnType.State or CrmColumnType.Status:
                // -1: none is chosen on a new form.
                writer.WriteNumber("DefaultFormValue", column.Default is long value ? value : -1);
                OptionSetJson.Write(writer, column, owner);
                break;
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, string name, string value)
    {
        writer.WriteStartObject(name);
        writer.WriteString("Value", value);
        writer.WriteEndObject();
    }
}
