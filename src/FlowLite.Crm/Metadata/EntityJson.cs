using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowLite.Crm.Api;
using FlowLite.Crm.Model;

namespace FlowLite.Crm.Metadata;

/// <summary>
/// The tables as Dataverse's EntityMetadata objects, made once. Navigation properties (Attributes, OptionSet...) stand among
/// the members; what is not asked for is left out when an object is written (<see cref="MetadataShape"/>).
/// Members are those of the Web API's EntityMetadata EntityType as far as they mean something here.
/// </summary>
internal static class EntityJson
{
    /// <summary>English (United States), the only language here.</summary>
    private const int LanguageCode = 1033;

    public static IReadOnlyList<JsonElement> All { get; } = [.. CrmModel.Entities.Select(Create)];

    /// <summary>The names of all members, navigation properties included.</summary>
    public static FrozenSet<string> Members { get; } = All[0].EnumerateObject().Select(member => member.Name).ToFrozenSet(StringComparer.Ordinal);

    public static JsonElement? Find(string logicalName) =>
        All.Select(entity => (JsonElement?)entity).FirstOrDefault(entity => entity!.Value.GetProperty("LogicalName").ValueEquals(logicalName));

    public static JsonElement? Find(Guid metadataId) =>
        All.Select(entity => (JsonElement?)entity).FirstOrDefault(entity => entity!.Value.GetProperty("MetadataId").GetGuid() == metadataId);

    /// <summary>An id that stays the same for the same thing.</summary>
    public static Guid IdOf(string thing) => new(SHA256.HashData(Encoding.UTF8.GetBytes("FlowLite.Crm metadata " + thing)).AsSpan(0, 16), bigEndian: true);

    /// <summary>A text for people, with or without content.</summary>
    public static void WriteLabel(Utf8JsonWriter writer, string name, string? text, string owner)
    {
        writer.WriteStartObject(name);
        writer.WriteStartArray("LocalizedLabels");
        if (text is not null)
        {
            WriteLocalized(writer, text, owner + "." + name);
        }

        writer.WriteEndArray();
        writer.WritePropertyName("UserLocalizedLabel");
        if (text is not null)
        {
            WriteLocalized(writer, text, owner + "." + name);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteEndObject();
    }

    private static void WriteLocalized(Utf8JsonWriter writer, string text, string owner)
    {
        writer.WriteStartObject();
        writer.WriteString("Label", text);
        writer.WriteNumber("LanguageCode", LanguageCode);
        writer.WriteBoolean("IsManaged", true);
        writer.WriteString("MetadataId", IdOf(owner));
        writer.WriteNull("HasChanged");
        writer.WriteEndObject();
    }

    private static JsonElement Create(CrmEntity entity)
    {
        var json = RecordJson.Object(writer =>
        {
            writer.WriteString("LogicalName", entity.LogicalName);
            writer.WriteString("SchemaName", entity.SchemaName);
            writer.WriteString("LogicalCollectionName", entity.SetName);
            writer.WriteString("CollectionSchemaName", SchemaNames.Of(entity.SetName, entity.DisplayName));
            writer.WriteString("EntitySetName", entity.SetName);
            WriteLabel(writer, "DisplayName", entity.DisplayName, entity.LogicalName);
            WriteLabel(writer, "DisplayCollectionName", entity.DisplayName + "s", entity.LogicalName);
            WriteLabel(writer, "Description", null, entity.LogicalName);
            writer.WriteString("PrimaryIdAttribute", entity.Id.LogicalName);
            writer.WriteString("PrimaryNameAttribute", entity.PrimaryName.LogicalName);
            writer.WriteString("OwnershipType", "None");
            writer.WriteString("TableType", "Standard");
            writer.WriteBoolean("IsActivity", false);
            writer.WriteBoolean("IsCustomEntity", false);
            writer.WriteBoolean("IsIntersect", false);
            writer.WriteBoolean("IsLogicalEntity", false);
            writer.WriteBoolean("IsPrivate", false);
            writer.WriteBoolean("IsStateModelAware", true);
            writer.WriteBoolean("IsOptimisticConcurrencyEnabled", true);
            writer.WriteString("MetadataId", IdOf(entity.LogicalName));
            writer.WriteNull("HasChanged");
            writer.WriteStartArray("Attributes");
            foreach (var column in entity.Columns)
            {
                AttributeJson.Write(writer, entity, column);
            }

            writer.WriteEndArray();
            foreach (var none in (ReadOnlySpan<string>)["Keys", "ManyToOneRelationships", "OneToManyRelationships", "ManyToManyRelationships"])
            {
                writer.WriteStartArray(none);
                writer.WriteEndArray();
            }
        });
        return JsonElement.Parse(json.Span);
    }
}
