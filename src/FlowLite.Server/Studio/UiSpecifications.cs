using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// Settings of the Studio's editors, each under the editor's own key. The Studio reads them without its converter for names of
/// enumerations, so these are numbers here.
/// </summary>
public static class UiSpecifications
{
    public const string Refresh = "Refresh";
    private const int SmallEditor = 0;
    private const int LargeEditor = 1;

    public static KeyValuePair<string, JsonElement> Dropdown(IEnumerable<(string Text, string Value)> items) => New("dropdown", json =>
    {
        json.WriteStartObject("selectList");
        WriteItems(json, items, withChecked: false);
        json.WriteBoolean("isFlagsEnum", false);
        json.WriteEndObject();
    });

    public static KeyValuePair<string, JsonElement> RadioList(IEnumerable<(string Text, string Value)> items) => New("radiolist", json =>
    {
        json.WriteStartObject("radioList");
        WriteItems(json, items, withChecked: false);
        json.WriteEndObject();
    });

    public static KeyValuePair<string, JsonElement> CheckList(IEnumerable<(string Text, string Value)> items) => New("checklist", json =>
    {
        json.WriteStartObject("checkList");
        WriteItems(json, items, withChecked: true);
        json.WriteBoolean("isFlagsEnum", false);
        json.WriteEndObject();
    });

    public static KeyValuePair<string, JsonElement> CodeEditor(string language, bool isLarge) => New("code-editor", json =>
    {
        json.WriteString("language", language);
        json.WriteNumber("editorHeight", isLarge ? LargeEditor : SmallEditor);
        json.WriteBoolean("singleLineMode", false);
    });

    public static KeyValuePair<string, JsonElement> DynamicOutcomes(IEnumerable<string> @fixed) => New("DynamicOutcomesOptions", json =>
    {
        json.WriteStartArray("fixedOutcomes");
        foreach (var outcome in @fixed)
        {
            json.WriteStringValue(outcome);
        }

        json.WriteEndArray();
    });

    /// <param name="before">What stands before the text, and is copied with it.</param>
    public static KeyValuePair<string, JsonElement> SingleLine(string before) => New("singleline", json =>
    {
        json.WriteString("adornmentText", before);
        json.WriteBoolean("enableCopyAdornment", true);
    });

    public static IReadOnlyDictionary<string, JsonElement> Of(KeyValuePair<string, JsonElement> specification) =>
        new Dictionary<string, JsonElement> { [specification.Key] = specification.Value };

    private static void WriteItems(Utf8JsonWriter json, IEnumerable<(string Text, string Value)> items, bool withChecked)
    {
        json.WriteStartArray("items");
        foreach (var (text, value) in items)
        {
            json.WriteStartObject();
            json.WriteString("text", text);
            json.WriteString("value", value);
            if (withChecked)
            {
                json.WriteBoolean("isChecked", false);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static KeyValuePair<string, JsonElement> New(string key, Action<Utf8JsonWriter> write) => new(key, JsonValues.Object(write));
}
