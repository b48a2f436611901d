using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>The schema of draft-04 schemas, so that a reference to it needs no network.</summary>
internal static class Draft4Metaschema
{
    public static readonly JsonElement Root = Parse();

    public static bool IsUri(string uri) => uri is "http://json-schema.org/draft-04/schema" or "https://json-schema.org/draft-04/schema";

    private static JsonElement Parse()
    {
        using var document = JsonDocument.Parse(Text);
        return document.RootElement.Clone();
    }

    /// <summary>By draft-fge-json-schema-validation-00, sections 5 and 6. Without an id: it stands for the http and the https name.</summary>
    private const string Text = """
        {
          "definitions": {
            "schemas": { "type": "array", "minItems": 1, "items": { "$ref": "#" } },
            "schemaMap": { "type": "object", "additionalProperties": { "$ref": "#" } },
            "schemaOrFlag": { "anyOf": [ { "type": "boolean" }, { "$ref": "#" } ] },
            "count": { "type": "integer", "minimum": 0 },
            "names": { "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true },
            "type": { "enum": ["array", "boolean", "integer", "null", "number", "object", "string"] }
          },
          "type": "object",
          "properties": {
            "id": { "type": "string" },
            "$schema": { "type": "string" },
            "title": { "type": "string" },
            "description": { "type": "string" },
            "default": {},
            "multipleOf": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
            "maximum": { "type": "number" },
            "exclusiveMaximum": { "type": "boolean" },
            "minimum": { "type": "number" },
            "exclusiveMinimum": { "type": "boolean" },
            "maxLength": { "$ref": "#/definitions/count" },
            "minLength": { "$ref": "#/definitions/count" },
            "pattern": { "type": "string" },
            "additionalItems": { "$ref": "#/definitions/schemaOrFlag" },
            "items": { "anyOf": [ { "$ref": "#" }, { "$ref": "#/definitions/schemas" } ] },
            "maxItems": { "$ref": "#/definitions/count" },
            "minItems": { "$ref": "#/definitions/count" },
            "uniqueItems": { "type": "boolean" },
            "maxProperties": { "$ref": "#/definitions/count" },
            "minProperties": { "$ref": "#/definitions/count" },
            "required": { "$ref": "#/definitions/names" },
            "additionalProperties": { "$ref": "#/definitions/schemaOrFlag" },
            "definitions": { "$ref": "#/definitions/schemaMap" },
            "properties": { "$ref": "#/definitions/schemaMap" },
            "patternProperties": { "$ref": "#/definitions/schemaMap" },
            "dependencies": {
              "type": "object",
              "additionalProperties": { "anyOf": [ { "$ref": "#" }, { "$ref": "#/definitions/names" } ] }
            },
            "enum": { "type": "array", "minItems": 1, "uniqueItems": true },
            "type": {
              "anyOf": [
                { "$ref": "#/definitions/type" },
                { "type": "array", "items": { "$ref": "#/definitions/type" }, "minItems": 1, "uniqueItems": true }
              ]
            },
            "format": { "type": "string" },
            "allOf": { "$ref": "#/definitions/schemas" },
            "anyOf": { "$ref": "#/definitions/schemas" },
            "oneOf": { "$ref": "#/definitions/schemas" },
            "not": { "$ref": "#" }
          },
          "dependencies": { "exclusiveMaximum": ["maximum"], "exclusiveMinimum": ["minimum"] }
        }
        """;
}
