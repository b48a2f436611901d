using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Schema;

/// <summary>
/// Flow's "use sample payload to generate schema": a draft-04 schema that a sample matches, everything inlined and nothing
/// required, so that a later payload which lacks a field still matches.
/// </summary>
public static class SchemaFromSample
{
    private const string Draft4 = "http://json-schema.org/draft-04/schema#";

    /// <summary>
    /// The same schema for the same sample. An array's items are described by all of its elements together; values of several
    /// types give a list of types; null makes what else was seen nullable, and stands for nullable text where nothing else was seen.
    /// </summary>
    /// <param name="sample">Any JSON value whose text is Unicode.</param>
    /// <exception cref="InvalidOperationException">A name holds half a surrogate pair.</exception>
    public static JsonElement Create(JsonElement sample)
    {
        var shape = new Shape();
        shape.Add(sample);
        return JsonValues.Object(writer =>
        {
            writer.WriteString("$schema", Draft4);
            shape.WriteMembers(writer);
        });
    }

    /// <summary>What values at one place look like. Recursive: the parser bounds how deep a sample is nested.</summary>
    private sealed class Shape
    {
        private readonly List<string> _types = [];
        private readonly List<string> _names = [];
        private readonly Dictionary<string, Shape> _properties = new(StringComparer.Ordinal);
        private bool _nullable;
        private Shape? _items;

        public void Add(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Null or JsonValueKind.Undefined:
                    _nullable = true;
                    return;
                case JsonValueKind.Object:
                    AddProperties(value);
                    break;
                case JsonValueKind.Array:
                    foreach (var item in value.EnumerateArray())
                    {
                        (_items ??= new Shape()).Add(item);
                    }

                    break;
            }

            AddType(TypeOf(value));
        }

        public void WriteMembers(Utf8JsonWriter writer)
        {
            WriteType(writer);
            if (_types.Contains("object"))
            {
                writer.WriteStartObject("properties");
                foreach (var name in _names)
                {
                    writer.WriteStartObject(name);
                    _properties[name].WriteMembers(writer);
                    writer.WriteEndObject();
                }

                writer.WriteEndObject();
            }

            if (_items is not null)
            {
                writer.WriteStartObject("items");
                _items.WriteMembers(writer);
                writer.WriteEndObject();
            }
        }

        private void AddProperties(JsonElement value)
        {
            foreach (var property in value.EnumerateObject())
            {
                if (!_properties.TryGetValue(property.Name, out var shape))
                {
                    _names.Add(property.Name);
                    _properties[property.Name] = shape = new Shape();
                }

                shape.Add(property.Value);
            }
        }

        // Every integer is a number too, so that one fraction widens the type.
        private void AddType(string type)
        {
            if (type == "number" && _types.IndexOf("integer") is >= 0 and var integer)
            {
                _types[integer] = type;
            }
            else if (!_types.Contains(type) && !(type == "integer" && _types.Contains("number")))
            {
                _types.Add(type);
            }
        }

        private void WriteType(Utf8JsonWriter writer)
        {
            string[] types = [.. _types.Count == 0 ? ["string"] : _types, .. _nullable ? ["null"] : Array.Empty<string>()];
            if (types.Length == 1)
            {
                writer.WriteString("type", types[0]);
                return;
            }

            writer.WriteStartArray("type");
            foreach (var type in types)
            {
                writer.WriteStringValue(type);
            }

            writer.WriteEndArray();
        }

        private static string TypeOf(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => JsonNumber.IsInteger(value) ? "integer" : "number",
            _ => "boolean",
        };
    }
}
