using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>Activities of the registry in the words of the Studio.</summary>
public static class ActivityDescriptions
{
    // Their editors keep JSON text in an Object expression.
    private static readonly HashSet<string> ListHints = ["checklist", "multitext", "dynamic-outcomes", "dictionary"];

    public static StudioActivity Describe(ActivityDescriptor activity) => new()
    {
        TypeName = activity.TypeName,
        Namespace = activity.Namespace,
        Name = activity.Name,
        Version = activity.Version,
        Category = activity.Category,
        DisplayName = activity.DisplayName,
        Description = activity.NotAvailable is { } why ? $"Not available here: {why} {activity.Description}".TrimEnd() : activity.Description ?? "",
        Kind = activity.Kind.ToString(),
        // What no form shows has an editor of the Studio's own (a state machine's states).
        Inputs = [.. activity.Inputs.Where(input => input.Settings.IsBrowsable).Select(Describe), .. Security(activity)],
        Outputs = [.. activity.Outputs.Select(Describe)],
        Ports = [.. Ports(activity)],
        ConstructionProperties = Presets(activity),
        // To the Studio a container is one with a list of activities; those with ports have a child at each.
        IsContainer = activity.IsContainer && activity.Ports.Count == 0 && activity.ChildLists.Count == 0,
        IsBrowsable = activity.IsBrowsable && activity.NotAvailable is null,
        IsStart = activity.IsStart,
        IsTerminal = activity.IsTerminal,
    };

    private static StudioInput Describe(InputDescriptor input, int index)
    {
        var hint = Hint(input);
        return new StudioInput(input.Name, input.TypeName)
        {
            DisplayName = input.DisplayName,
            Description = input.Settings.Description ?? "",
            Order = float.IsNaN(input.Settings.Order) ? index : input.Settings.Order,
            IsBrowsable = input.Settings.IsBrowsable,
            IsWrapped = IsWrapped(input),
            UiHint = hint,
            Category = input.Settings.Category,
            DefaultValue = Default(input),
            DefaultSyntax = Syntax(input, hint),
            IsReadOnly = input.Settings.IsReadOnly,
            IsSensitive = input.Settings.IsSensitive,
            UiSpecifications = Specifications(input, hint),
        };
    }

    // Of every activity that has something to hide; the compiler reads them, no class declares them.
    private static IEnumerable<StudioInput> Security(ActivityDescriptor activity)
    {
        var isTrigger = activity.Kind == ActivityKind.Trigger;
        if (activity.NotAvailable is null && !isTrigger && activity.Inputs.Any(input => input.Settings.IsBrowsable))
        {
            yield return Security("SecureInputs", "Secure inputs", "What it receives is encrypted in the run and shown nowhere.", 1000);
        }

        if (activity.NotAvailable is null && (isTrigger || activity.Outputs.Count > 0))
        {
            yield return Security("SecureOutputs", "Secure outputs", isTrigger
                ? "What starts the run is encrypted in it and shown nowhere."
                : "What it gives out is encrypted in the run and shown nowhere.", 1001);
        }
    }

    private static StudioInput Security(string name, string displayName, string description, float order) => new(name, "Boolean")
    {
        DisplayName = displayName,
        Description = description,
        Order = order,
        IsWrapped = false,
        UiHint = "checkbox",
        Category = "Security",
    };

    private static StudioOutput Describe(OutputDescriptor output, int index) => new(output.Name, output.TypeName)
    {
        DisplayName = output.DisplayName,
        Description = output.Settings.Description ?? "",
        Order = index,
    };

    /// <summary>The Studio adds Done by itself where there is no outcome, unless nothing comes after the activity.</summary>
    private static IEnumerable<StudioPort> Ports(ActivityDescriptor activity)
    {
        var embedded = activity.Ports.Select(port => new StudioPort(port, activity.PortNames[port], "Embedded"));
        var isImplicit = activity.IsTerminal || activity.HasDynamicOutcomes || activity.Outcomes is [Outcomes.Done];
        return isImplicit ? embedded : embedded.Concat(activity.Outcomes.Select(outcome => new StudioPort(outcome, outcome)));
    }

    // A map is an object with an input for each key, which no editor but that of JSON shows.
    private static bool IsWrapped(InputDescriptor input) => input.IsWrapped && !input.IsMap;

    private static string Hint(InputDescriptor input)
    {
        if (input.Settings.UIHint is { } hint)
        {
            return hint;
        }

        var type = Nullable.GetUnderlyingType(input.Type) ?? input.Type;
        return type switch
        {
            _ when input.Settings.Options is not null || type.IsEnum => "dropdown",
            _ when type == typeof(bool) => "checkbox",
            _ when type == typeof(JsonElement) => "json-editor",
            _ when type == typeof(VariableReference) => "variable-picker",
            _ when type == typeof(string[]) || type == typeof(List<string>) || type == typeof(List<int>) => "multitext",
            _ => "singleline",
        };
    }

    private static string Syntax(InputDescriptor input, string hint) =>
        input.Settings.DefaultSyntax ?? (ListHints.Contains(hint) ? "Object" : "Literal");

    private static JsonElement? Default(InputDescriptor input) => input.Settings.DefaultValue switch
    {
        null => null,
        // A list's is given as its JSON text.
        string text when input.Type.IsArray || input.Type.IsGenericType && input.Type.GetGenericTypeDefinition() == typeof(List<>) => JsonElement.Parse(text),
        Enum value => JsonValues.String(value.ToString()),
        var value => JsonSerializer.SerializeToElement(value),
    };

    private static Dictionary<string, JsonElement>? Specifications(InputDescriptor input, string hint)
    {
        var settings = input.Settings;
        var options = settings.Options ?? (input.Type.IsEnum ? Enum.GetNames(input.Type) : []);
        var found = hint switch
        {
            "dropdown" => UiSpecifications.Dropdown(options.Select(Option)),
            "radiolist" => UiSpecifications.RadioList(options.Select(Option)),
            "checklist" => UiSpecifications.CheckList(options.Select(Option)),
            "dynamic-outcomes" => UiSpecifications.DynamicOutcomes(options),
            "json-editor" => UiSpecifications.CodeEditor(settings.EditorLanguage ?? "json", settings.IsLargeEditor),
            "code-editor" => UiSpecifications.CodeEditor(settings.EditorLanguage ?? "plaintext", settings.IsLargeEditor),
            "singleline" when settings.Adornment is { } before => UiSpecifications.SingleLine(before),
            _ => (KeyValuePair<string, JsonElement>?)null,
        };
        if (found is not { } specification)
        {
            return null;
        }

        var all = new Dictionary<string, JsonElement> { [specification.Key] = specification.Value };
        if (settings.Refresh)
        {
            all[UiSpecifications.Refresh] = JsonValues.True;
        }

        return all;
    }

    private static (string Text, string Value) Option(string option) =>
        option.Split('|', 2) is [var value, var text] ? (text, value) : (option, option);

    /// <summary>
    /// What a dropped activity starts with, where nothing would be wrong: an expression's language, so that what is inserted into
    /// it is alive; lists and required values that have a default.
    /// </summary>
    private static Dictionary<string, JsonElement> Presets(ActivityDescriptor activity)
    {
        var presets = new Dictionary<string, JsonElement>();
        foreach (var input in activity.Inputs)
        {
            var syntax = Syntax(input, Hint(input));
            if (Preset(input, syntax, Default(input)) is { } preset)
            {
                presets[input.Name] = preset;
            }
        }

        return presets;
    }

    private static JsonElement? Preset(InputDescriptor input, string syntax, JsonElement? value)
    {
        if (!IsWrapped(input))
        {
            return input.Settings.Required ? value : null;
        }

        var text = value is { } known && (syntax == "Object" || input.Settings.Required) ? InputValues.Text(known) : null;
        return text is null && syntax is "Literal" or "Object" ? null : Expression(input.TypeName, syntax, text ?? "");
    }

    /// <summary>An input as it stands in a document.</summary>
    public static JsonElement Expression(string typeName, string syntax, string value) => JsonValues.Object(json =>
    {
        json.WriteString("typeName", typeName);
        json.WriteStartObject("expression");
        json.WriteString("type", syntax);
        json.WriteString("value", value);
        json.WriteEndObject();
        json.WriteNull("memoryReference");
    });
}
