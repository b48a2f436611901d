using System.Text;
using System.Text.Json;

namespace FlowLite.Server.Studio;

/// <summary>TypeScript definitions of what JavaScript in a flow sees: the names of every flow, and the flow's own.</summary>
public static class ScriptTypes
{
    // The functions are those that Elsa documents for scripts (https://docs.elsaworkflows.io/expressions/javascript).
    private const string Common = """
        declare const trigger: { headers: any; queries: any; path: any; body: any };
        declare const run: { id: string; rootId: string; clientTrackingId: string; now: string };
        declare const flow: { id: string; name: string; version: number };
        declare const item: any;
        declare function getVariable(name: string): any;
        declare function setVariable(name: string, value: any): void;
        declare function getInput(name: string): any;
        declare function getOutputFrom(activity: string, output?: string): any;
        declare function getLastResult(): any;
        declare function getWorkflowInstanceId(): string;
        declare function getWorkflowInstanceName(): string;
        declare function setWorkflowInstanceName(name: string): void;
        declare function getCorrelationId(): string;
        declare function setCorrelationId(id: string): void;
        declare function getWorkflowDefinitionId(): string;
        declare function getWorkflowDefinitionVersionId(): string;
        declare function getWorkflowDefinitionVersion(): number;
        declare function isNullOrWhiteSpace(text: string): boolean;
        declare function isNullOrEmpty(text: string): boolean;
        declare function parseGuid(text: string): string;
        declare function getGuid(): string;
        declare function getGuidString(): string;
        declare function getShortGuid(): string;
        declare function toJson(value: any): string;
        declare function bytesToString(bytes: number[]): string;
        declare function bytesFromString(text: string): number[];
        declare function bytesToBase64(bytes: number[]): string;
        declare function bytesFromBase64(text: string): number[];
        declare function streamToBytes(file: any): number[];
        declare function streamToBase64(file: any): string;
        declare function stringToBase64(text: string): string;
        declare function stringFromBase64(text: string): string;

        """;

    /// <param name="document">The flow's; null: only what every flow has.</param>
    /// <param name="activities">Tells the outputs of the flow's activities.</param>
    public static string Of(JsonElement? document, StudioActivities activities)
    {
        var text = new StringBuilder(Common);
        var variables = Named(document, "variables", "typeName");
        var inputs = Named(document, "inputs", "type");
        var actions = document is { } flow ? Actions(flow, activities).DistinctBy(action => action.Name).ToList() : [];
        Declare(text, "variables", variables.Select(variable => (variable.Name, variable.Type)));
        Declare(text, "inputs", inputs.Select(input => (input.Name, input.Type)));
        Declare(text, "actions", actions.Select(action => (action.Name,
            $"{{ status: string; outputs: {{ {string.Concat(action.Outputs.Select(output => $"{Key(output.Name)}: {Type(output.TypeName)}; "))}}} }}")));
        foreach (var (name, type) in variables)
        {
            if (Pascal(name) is { } part)
            {
                text.Append($"declare function get{part}(): {type};\n");
                text.Append($"declare function set{part}(value: {type}): void;\n");
            }
        }

        // These names stand as they are; one with a space can't be called.
        foreach (var (name, type) in inputs.Where(input => Pascal(input.Name)?.Length == input.Name.Length))
        {
            text.Append($"declare function get{name}(): {type};\n");
        }

        foreach (var (name, outputs) in actions)
        {
            foreach (var output in outputs)
            {
                if (Pascal(name) is { } part)
                {
                    text.Append($"declare function get{output.Name}From{part}(): {Type(output.TypeName)};\n");
                }
            }
        }

        return text.ToString();
    }

    private static void Declare(StringBuilder text, string name, IEnumerable<(string Name, string Type)> members)
    {
        text.Append($"declare const {name}: {{\n");
        foreach (var (member, type) in members)
        {
            text.Append($"    {Key(member)}: {type};\n");
        }

        text.Append("};\n");
    }

    private static List<(string Name, string Type)> Named(JsonElement? document, string list, string typeMember)
    {
        var found = new List<(string, string)>();
        if (document is { } flow && flow.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in items.EnumerateArray())
            {
                if (Text(item, "name") is { } name)
                {
                    var isArray = item.TryGetProperty("isArray", out var array) && array.ValueKind == JsonValueKind.True;
                    found.Add((name, Type(Text(item, typeMember) ?? "Object") + (isArray ? "[]" : "")));
                }
            }
        }

        return [.. found.DistinctBy(item => item.Item1)];
    }

    private static IEnumerable<(string Name, IReadOnlyList<StudioOutput> Outputs)> Actions(JsonElement document, StudioActivities activities) =>
        from activity in ActivityTree.All(document)
        let name = Text(activity, "name") ?? Text(activity, "id")
        let outputs = activities.Find(Text(activity, "type")!)?.Outputs
        where outputs is { Count: > 0 }
        select (name, outputs);

    private static string Type(string typeName) => typeName switch
    {
        "String" or "Guid" or "DateTime" or "DateTimeOffset" or "TimeSpan" => "string",
        "Boolean" => "boolean",
        "Int32" or "Int64" or "Long" or "Single" or "Double" or "Decimal" => "number",
        _ => "any",
    };

    private static string Key(string name) => JsonSerializer.Serialize(name);

    /// <summary>A name as it stands in the names of functions: "my variable" is MyVariable; null when it can't.</summary>
    private static string? Pascal(string name)
    {
        var part = new StringBuilder();
        var starts = true;
        foreach (var letter in name)
        {
            var isPart = char.IsLetterOrDigit(letter) || letter == '_';
            if (isPart)
            {
                part.Append(starts ? char.ToUpperInvariant(letter) : letter);
            }

            starts = !isPart;
        }

        return part.Length > 0 ? part.ToString() : null;
    }

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
