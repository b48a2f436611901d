using System.Text;
using System.Xml;
using FlowLite.Crm.Model;

namespace FlowLite.Crm.Metadata;

/// <summary>The tables as OData's service metadata (OData 4.0 part 3: CSDL), the answer to <c>$metadata</c>. Made once.</summary>
internal static class CsdlXml
{
    private const string Edmx = "http://docs.oasis-open.org/odata/ns/edmx";
    private const string Edm = "http://docs.oasis-open.org/odata/ns/edm";
    private const string Namespace = "Microsoft.Dynamics.CRM";

    public static ReadOnlyMemory<byte> Document { get; } = Create();

    private static byte[] Create()
    {
        var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            writer.WriteStartElement("edmx", "Edmx", Edmx);
            writer.WriteAttributeString("Version", "4.0");
            writer.WriteStartElement("DataServices", Edmx);
            writer.WriteStartElement("Schema", Edm);
            writer.WriteAttributeString("Namespace", Namespace);
            writer.WriteAttributeString("Alias", "mscrm");
            foreach (var entity in CrmModel.Entities)
            {
                WriteType(writer, entity);
            }

            WriteWhoAmI(writer);
            WriteContainer(writer);
            writer.WriteEndElement();
            writer.WriteEndElement();
            writer.WriteEndElement();
        }

        return stream.ToArray();
    }

    private static void WriteType(XmlWriter writer, CrmEntity entity)
    {
        Start(writer, "EntityType", entity.LogicalName);
        writer.WriteStartElement("Key", Edm);
        Element(writer, "PropertyRef", ("Name", entity.Id.LogicalName));
        writer.WriteEndElement();
        foreach (var column in entity.Columns)
        {
            if (column == entity.Id)
            {
                Element(writer, "Property", ("Name", column.LogicalName), ("Type", column.EdmType), ("Nullable", "false"));
            }
            else if (column.IsText)
            {
                Element(writer, "Property", ("Name", column.LogicalName), ("Type", column.EdmType), ("MaxLength", XmlConvert.ToString(column.MaxLength!.Value)));
            }
            else
            {
                Element(writer, "Property", ("Name", column.LogicalName), ("Type", column.EdmType));
            }
        }

        writer.WriteEndElement();
    }

    private static void WriteWhoAmI(XmlWriter writer)
    {
        Start(writer, "ComplexType", "WhoAmIResponse");
        foreach (var name in (ReadOnlySpan<string>)["BusinessUnitId", "UserId", "OrganizationId"])
        {
            Element(writer, "Property", ("Name", name), ("Type", "Edm.Guid"), ("Nullable", "false"));
        }

        writer.WriteEndElement();
        Start(writer, "Function", "WhoAmI");
        Element(writer, "ReturnType", ("Type", $"{Namespace}.WhoAmIResponse"), ("Nullable", "false"));
        writer.WriteEndElement();
    }

    private static void WriteContainer(XmlWriter writer)
    {
        Start(writer, "EntityContainer", "System");
        foreach (var entity in CrmModel.Entities)
        {
            Element(writer, "EntitySet", ("Name", entity.SetName), ("EntityType", $"{Namespace}.{entity.LogicalName}"));
        }

        Element(writer, "FunctionImport", ("Name", "WhoAmI"), ("Function", $"{Namespace}.WhoAmI"));
        writer.WriteEndElement();
    }

    private static void Start(XmlWriter writer, string element, string name)
    {
        writer.WriteStartElement(element, Edm);
        writer.WriteAttributeString("Name", name);
    }

    private static void Element(XmlWriter writer, string element, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        writer.WriteStartElement(element, Edm);
        foreach (var (name, value) in attributes)
        {
            writer.WriteAttributeString(name, value);
        }

        writer.WriteEndElement();
    }
}
