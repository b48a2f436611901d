using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>
/// What of an activity a run's history shows (Elsa's log persistence): <c>customProperties.logPersistenceConfig</c> of the activity,
/// <c>{"default","inputs":{name},"outputs":{name}}</c>, and of the definition, each a mode or <c>{"evaluationMode":"Strategy","strategyType"}</c>;
/// before that <c>logPersistenceMode</c>. What isn't said there is as around it: of the activity, of the containers, of the flow. The journal has all of it,
/// or a run could not resume.
/// </summary>
public sealed class LogPersistence
{
    private const string Config = "logPersistenceConfig";
    private const string OldConfig = "logPersistenceMode";

    private readonly bool _isShown;
    private readonly Dictionary<string, bool> _inputs = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, bool> _outputs = new(StringComparer.OrdinalIgnoreCase);

    private LogPersistence(bool isShown) => _isShown = isShown;

    public static LogPersistence All { get; } = new(true);

    /// <summary>Nothing is left out: by far the most activities.</summary>
    public bool ShowsAll => _isShown && !_inputs.ContainsValue(false) && !_outputs.ContainsValue(false);

    /// <summary>Lines of the log, and remarks: they tell of values.</summary>
    public bool ShowsTexts => _isShown;

    /// <summary>Without the members that are left out; null: nothing is left.</summary>
    public JsonElement? Inputs(JsonElement? inputs) => Shown(inputs, _inputs);

    /// <inheritdoc cref="Inputs"/>
    public JsonElement? Outputs(JsonElement? outputs) => Shown(outputs, _outputs);

    internal static LogPersistence OfFlow(JsonElement document)
    {
        var settings = document.Member("customProperties");
        return Mode(settings.Member(Config)) ?? Mode(settings.Member(Config).Member("default")) ?? Mode(settings.Member(OldConfig)) ?? true ? All : new LogPersistence(false);
    }

    internal static LogPersistence Of(ActivityNode node, JsonElement json, LogPersistence around, List<DefinitionProblem> problems)
    {
        var settings = json.Member("customProperties");
        var config = settings.Member(Config).ValueKind == JsonValueKind.Object ? settings.Member(Config) : settings.Member(OldConfig);
        if (config.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return around._inputs.Count + around._outputs.Count == 0 ? around : new LogPersistence(around._isShown);
        }

        if (config.GetRawText().Contains("\"Expression\"", StringComparison.Ordinal))
        {
            problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/customProperties/{Config}",
                "Whether the history shows something is fixed when the flow is published: what an expression decides is not shown.", IsWarning: true));
        }

        var own = new LogPersistence(Mode(config) ?? Mode(config.Member("default")) ?? around._isShown);
        Read(config.Member("inputs"), own._inputs);
        Read(config.Member("outputs"), own._outputs);
        return own;
    }

    private static void Read(JsonElement members, Dictionary<string, bool> into)
    {
        if (members.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var member in members.EnumerateObject())
        {
            if (Mode(member.Value) is { } isShown)
            {
                into[member.Name] = isShown;
            }
        }
    }

    /// <summary>True: shown; false: not; null: as around it.</summary>
    private static bool? Mode(JsonElement mode)
    {
        if (mode.ValueKind == JsonValueKind.Object)
        {
            if (mode.Text("evaluationMode") == "Expression")
            {
                return false;
            }

            mode = mode.Member("strategyType");
        }

        if (mode.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        // Elsa writes the type's name, with its namespace and assembly or without.
        var name = mode.GetString()!.Split(',')[0].Split('.')[^1];
        return name switch
        {
            "Include" => true,
            "Exclude" => false,
            _ => null,
        };
    }

    private JsonElement? Shown(JsonElement? values, Dictionary<string, bool> named)
    {
        if (values is not { ValueKind: JsonValueKind.Object } json || (_isShown && !named.ContainsValue(false)))
        {
            return _isShown || values is null ? values : null;
        }

        var shown = json.EnumerateObject().Where(member => named.TryGetValue(member.Name, out var isShown) ? isShown : _isShown).ToList();
        return shown.Count == 0 ? null : JsonValues.Object(writer => shown.ForEach(member => member.WriteTo(writer)));
    }
}
