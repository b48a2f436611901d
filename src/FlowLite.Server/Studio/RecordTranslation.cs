using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// A Create record as it is stored, <c>{ connection, entity, fields: { column: input } }</c>, and as a form shows it, with an
/// input for each column at the top. What the form can't show is kept in <c>recordForm</c>, which the Studio hands back untouched:
/// how connection and entity were written, and the inputs of columns that the form doesn't have.
/// </summary>
internal static class RecordTranslation
{
    private const string Kept = "recordForm";

    /// <summary>The form's activity; null where it would not give the stored one back.</summary>
    public static JsonElement? ToForm(JsonElement stored, RecordView view)
    {
        var form = JsonValues.Object(writer =>
        {
            foreach (var member in stored.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "type":
                        writer.WriteString("type", view.Activity.TypeName);
                        break;
                    case "fields" when member.Value.ValueKind == JsonValueKind.Object:
                        WriteInputs(writer, member.Value, view);
                        break;
                    case "connection" or "entity":
                        break;
                    default:
                        member.WriteTo(writer);
                        break;
                }
            }

            WritePresets(writer, stored, view);
            WriteKept(writer, stored, view);
        });
        return JsonElement.DeepEquals(ToStored(form, view.Connection, view.Entity.Name, view), stored) ? form : null;
    }

    /// <param name="view">The form, if its table is still known; without it values are what the inputs' types say.</param>
    public static JsonElement ToStored(JsonElement form, string connection, string entity, RecordView? view)
    {
        JsonValues.TryGetMember(form, Kept, out var kept);
        return JsonValues.Object(writer =>
        {
            var inputs = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            foreach (var member in form.EnumerateObject())
            {
                if (member.Name == "type")
                {
                    writer.WriteString("type", RecordNames.CreateRecord);
                }
                else if (RecordNames.Column(member.Name) is { } column && member.Name != "fields")
                {
                    inputs[column] = member.Value;
                }
                else if (member.Name is not (Kept or "connection" or "entity" or "fields"))
                {
                    member.WriteTo(writer);
                }
            }

            WriteNamed(writer, "connection", connection, kept);
            WriteNamed(writer, "entity", entity, kept);
            WriteFields(writer, inputs, kept, view);
        });
    }

    private static void WriteInputs(Utf8JsonWriter writer, JsonElement fields, RecordView view)
    {
        foreach (var field in fields.EnumerateObject())
        {
            if (view.Find(field.Name) is { } known && IsShown(field.Value))
            {
                writer.WritePropertyName(RecordNames.Json(field.Name));
                RecordValues.ToEditor(field.Value, known).WriteTo(writer);
            }
        }
    }

    private static void WritePresets(Utf8JsonWriter writer, JsonElement stored, RecordView view)
    {
        stored.TryGetProperty("fields", out var fields);
        foreach (var field in view.Fields.Where(RecordView.IsMapped))
        {
            if (fields.ValueKind != JsonValueKind.Object || !fields.TryGetProperty(field.Name, out var input) || !IsShown(input))
            {
                writer.WritePropertyName(RecordNames.Json(field.Name));
                RecordView.Preset(field).WriteTo(writer);
            }
        }
    }

    private static void WriteKept(Utf8JsonWriter writer, JsonElement stored, RecordView view)
    {
        writer.WriteStartObject(Kept);
        foreach (var member in stored.EnumerateObject())
        {
            if (member.Name is "connection" or "entity")
            {
                member.WriteTo(writer);
            }
            else if (member.Name == "fields" && member.Value.ValueKind == JsonValueKind.Object)
            {
                writer.WriteStartObject("fields");
                foreach (var field in member.Value.EnumerateObject().Where(field => view.Find(field.Name) is null || !IsShown(field.Value)))
                {
                    field.WriteTo(writer);
                }

                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>How it was written, or plainly in an activity that is new.</summary>
    private static void WriteNamed(Utf8JsonWriter writer, string name, string value, JsonElement kept)
    {
        if (kept.ValueKind != JsonValueKind.Object)
        {
            writer.WriteString(name, value);
        }
        else if (kept.TryGetProperty(name, out var written))
        {
            writer.WritePropertyName(name);
            written.WriteTo(writer);
        }
    }

    private static void WriteFields(Utf8JsonWriter writer, Dictionary<string, JsonElement> inputs, JsonElement kept, RecordView? view)
    {
        var filled = inputs.Where(input => IsShown(input.Value)).ToList();
        var hidden = kept.ValueKind == JsonValueKind.Object && kept.TryGetProperty("fields", out var fields) && fields.ValueKind == JsonValueKind.Object ? fields : default;
        if (filled.Count == 0 && hidden.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        writer.WriteStartObject("fields");
        foreach (var (column, input) in filled)
        {
            writer.WritePropertyName(column);
            (view?.Find(column) is { } field ? RecordValues.FromEditor(input, field) : RecordValues.FromEditor(input)).WriteTo(writer);
        }

        if (hidden.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in hidden.EnumerateObject().Where(field => filled.TrueForAll(input => input.Key != field.Name)))
            {
                field.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether an input is an expression that says something: an editor that was left or made empty has none.</summary>
    private static bool IsShown(JsonElement input) =>
        input.ValueKind == JsonValueKind.Object
        && input.TryGetProperty("expression", out var expression) && expression.ValueKind == JsonValueKind.Object
        && expression.TryGetProperty("value", out var value)
        && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(""));
}
