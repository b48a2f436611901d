using System.Collections.Frozen;
using Acornima.Ast;
using Jint;
using JsEngine = Jint.Engine;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>A parsed script, and what it needs of the engine that runs it. The tree is not changed by running it, so all threads share it.</summary>
internal sealed class ScriptSource
{
    private static readonly ScriptPreparationOptions Options = new()
    {
        CollectReferencedGlobals = true,
        ParsingOptions = new ScriptParsingOptions { AllowReturnOutsideFunction = true, RegexTimeout = ScriptLimits.Regex },
    };

    /// <summary>What scripts have no use for and can do harm with: they block, they make huge things at once, or tell of the garbage collector.</summary>
    private static readonly FrozenDictionary<string, string> Missing = new Dictionary<string, string>
    {
        ["BigInt"] = "calculations with it can't be interrupted",
        ["BigInt64Array"] = "use a plain array",
        ["BigUint64Array"] = "use a plain array",
        ["ArrayBuffer"] = "use a plain array",
        ["SharedArrayBuffer"] = "use a plain array",
        ["DataView"] = "use a plain array",
        ["Int8Array"] = "use a plain array",
        ["Uint8Array"] = "use a plain array",
        ["Uint8ClampedArray"] = "use a plain array",
        ["Int16Array"] = "use a plain array",
        ["Uint16Array"] = "use a plain array",
        ["Int32Array"] = "use a plain array",
        ["Uint32Array"] = "use a plain array",
        ["Float16Array"] = "use a plain array",
        ["Float32Array"] = "use a plain array",
        ["Float64Array"] = "use a plain array",
        ["Atomics"] = "a script has no threads",
        ["ShadowRealm"] = "a script is evaluated once, as it is published",
        ["Temporal"] = "use Date",
        ["WeakRef"] = "its values depend on the server's memory",
        ["FinalizationRegistry"] = "its values depend on the server's memory",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// Types of .NET that Elsa gives to scripts, which would fail only where a run comes to them. A script that was published with one before
    /// this was checked may never come there, and is evaluated.
    /// </summary>
    private static readonly FrozenDictionary<string, string> DotNet = new Dictionary<string, string>
    {
        ["DateTime"] = "use Date",
        ["DateTimeOffset"] = "use Date",
        ["TimeSpan"] = "use a text such as PT5S, or milliseconds",
        ["Guid"] = "use newGuid() or parseGuid(text)",
        ["Random"] = "use Math.random()",
        ["JsonNode"] = "use JSON.parse(text)",
        ["JsonObject"] = "use JSON.parse(text)",
        ["JsonElement"] = "use JSON.parse(text)",
        ["LogPersistenceMode"] = "what the history shows is fixed when the flow is published",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly string[] Multipliers = ["repeat", "pad", "replace", "join", "concat"];

    private ScriptSource(Prepared<Script> script, string text)
    {
        Script = script;
        var globals = script.ReferencedGlobals!;
        // The global object can be asked for any name.
        UsesEverything = globals.Contains("globalThis") || script.Program!.DescendantNodesAndSelf().Any(node => node is ThisExpression);
        Globals = [.. globals];
        UsesDates = UsesEverything || globals.Contains("Date");
        MultipliesText = UsesEverything
            || globals.Contains("Object") || globals.Contains("Reflect")
            || text.AsSpan().IndexOfAny('[', '\\') >= 0
            || Array.Exists(Multipliers, name => text.Contains(name, StringComparison.Ordinal));
    }

    public Prepared<Script> Script { get; }

    /// <summary>The names that it uses and does not declare.</summary>
    public IReadOnlyList<string> Globals { get; }

    /// <summary>It may use names that <see cref="Globals"/> doesn't list.</summary>
    public bool UsesEverything { get; }

    /// <summary>It may make dates.</summary>
    public bool UsesDates { get; }

    /// <summary>It may call a function of <see cref="ScriptGuards"/>; false only where no way leads to one.</summary>
    public bool MultipliesText { get; }

    public static IEnumerable<string> MissingGlobals => Missing.Keys;

    /// <returns>Null when it can't be evaluated; a script with problems may be one that can.</returns>
    public static ScriptSource? Parse(string text, string sourceName, List<ExpressionProblem> problems)
    {
        if (text.Length > ScriptLimits.SourceLength)
        {
            problems.Add(new ExpressionProblem($"The script is longer than {ScriptLimits.SourceLength} characters.", 0, 0));
            return null;
        }

        Prepared<Script> script;
        try
        {
            script = JsEngine.PrepareScript(text, sourceName, strict: false, Options);
        }
        catch (ScriptPreparationException exception)
        {
            problems.Add(ScriptErrors.Problem(exception));
            return null;
        }

        var runs = true;
        foreach (var node in script.Program!.DescendantNodesAndSelf())
        {
            if (node is Identifier { Name: var type } && DotNet.TryGetValue(type, out var instead) && script.ReferencedGlobals!.Contains(type))
            {
                Add($"{type} is not available: scripts see nothing of .NET; {instead}.", node);
                continue;
            }

            var refused = node switch
            {
                BigIntLiteral => "A BigInt is not available: calculations with it can't be interrupted.",
                ImportExpression => "import is not available in scripts.",
                Identifier { Name: var name } when Missing.TryGetValue(name, out var why) && script.ReferencedGlobals!.Contains(name) =>
                    $"{name} is not available: {why}.",
                _ => null,
            };
            if (refused is not null)
            {
                Add(refused, node);
                runs = false;
            }
        }

        return runs ? new ScriptSource(script, text) : null;

        void Add(string problem, Node node) => problems.Add(new ExpressionProblem(problem, node.Location.Start.Line, node.Location.Start.Column + 1));
    }
}
