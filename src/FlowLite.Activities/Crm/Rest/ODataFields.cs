using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Rest;

/// <summary>The columns of an OData service's entity set, as its <c>$metadata</c> describes them (OData 4, CSDL XML; version 3 reads the same).</summary>
internal static class ODataFields
{
    /// <summary>Null: it is no such description, or has no such set.</summary>
    public static IReadOnlyList<CrmField>? Read(string csdl, string entitySet)
    {
        XDocument document;
        try
        {
            using var reader = XmlReader.Create(new StringReader(csdl), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            document = XDocument.Load(reader);
        }
        catch (XmlException)
        {
            return null;
        }

        var typeName = All(document, "EntitySet").FirstOrDefault(set => Value(set, "Name") == entitySet) is { } found ? Value(found, "EntityType") : null;
        var fields = new List<CrmField>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (typeName is not null && seen.Add(typeName))
        {
            if (Find(document, "EntityType", typeName) is not { } type)
            {
                return null;
            }

            var keys = All(type, "PropertyRef").Select(key => Value(key, "Name")).ToHashSet();
            fields.AddRange(type.Elements().Where(element => element.Name.LocalName == "Property").Select(property => Field(document, property, keys)));
            typeName = Value(type, "BaseType");
        }

        return seen.Count > 0 ? fields : null;
    }

    private static CrmField Field(XDocument document, XElement property, HashSet<string?> keys)
    {
        var name = Value(property, "Name") ?? "";
        var edm = Value(property, "Type") ?? "";
        var isKey = keys.Contains(name);
        var options = Find(document, "EnumType", edm) is { } choices ? All(choices, "Member").Select(member => Value(member, "Name")).OfType<string>().ToList() : [];
        var type = edm switch
        {
            _ when options.Count > 0 => CrmFieldType.Choice,
            "Edm.String" => CrmFieldType.Text,
            "Edm.Byte" or "Edm.SByte" or "Edm.Int16" or "Edm.Int32" or "Edm.Int64" => CrmFieldType.WholeNumber,
            "Edm.Decimal" or "Edm.Double" or "Edm.Single" => CrmFieldType.Number,
            "Edm.Boolean" => CrmFieldType.YesNo,
            "Edm.DateTimeOffset" or "Edm.DateTime" => CrmFieldType.DateTime,
            "Edm.Date" => CrmFieldType.Date,
            "Edm.Guid" => CrmFieldType.Id,
            _ => CrmFieldType.Other,
        };
        var isComputed = All(property, "Annotation").Any(annotation => Value(annotation, "Term") == "Org.OData.Core.V1.Computed" && Value(annotation, "Bool") != "false");
        return new CrmField(name, type)
        {
            DisplayName = name,
            Requirement = Value(property, "Nullable") == "false" && !isKey && !isComputed ? CrmRequirement.Required : CrmRequirement.None,
            MaxLength = int.TryParse(Value(property, "MaxLength"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null,
            Options = [.. options.Select(option => new CrmFieldOption(JsonValues.String(option), option))],
            CanCreate = !isKey && !isComputed,
            CanUpdate = !isKey && !isComputed,
        };
    }

    /// <summary>By its qualified name, whose namespace or alias stands at the schema around it.</summary>
    private static XElement? Find(XDocument document, string kind, string qualified)
    {
        var dot = qualified.LastIndexOf('.');
        return dot < 0 ? null : All(document, kind).FirstOrDefault(element => Value(element, "Name") == qualified[(dot + 1)..]
            && (Value(element.Parent!, "Namespace") == qualified[..dot] || Value(element.Parent!, "Alias") == qualified[..dot]));
    }

    private static IEnumerable<XElement> All(XContainer container, string name) => container.Descendants().Where(element => element.Name.LocalName == name);

    private static string? Value(XElement element, string name) => element.Attribute(name)?.Value;
}
