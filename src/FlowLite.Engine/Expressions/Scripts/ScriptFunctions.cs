using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Json;
using Jint;
using Jint.Native;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>
/// The functions that Elsa 3 gives to scripts, by the names and meanings of its public documentation
/// (https://docs.elsaworkflows.io/expressions/javascript). Bytes are plain arrays of numbers here.
/// </summary>
internal static class ScriptFunctions
{
    private static readonly FrozenDictionary<string, Func<ScriptRun, JsValue[], JsValue>> ByName = new Dictionary<string, Func<ScriptRun, JsValue[], JsValue>>
    {
        ["getVariable"] = (run, arguments) => run.GetVariable(Text(arguments, 0)),
        ["setVariable"] = SetVariable,
        ["getInput"] = (run, arguments) => Input(run, Text(arguments, 0)),
        ["getOutputFrom"] = (run, arguments) => Output(run, Text(arguments, 0), arguments.Length > 1 ? Text(arguments, 1) : "Result"),
        ["getLastResult"] = (run, _) => Json(run, run.Scope.LastResult),
        ["getWorkflowInstanceId"] = (run, _) => Json(run, run.Scope.Run.Member("id")),
        ["getWorkflowInstanceName"] = (run, _) => Json(run, run.Scope.Run.Member("name")),
        ["getCorrelationId"] = (run, _) => Json(run, run.Scope.Run.Member("correlationId")),
        ["setWorkflowInstanceName"] = (run, arguments) => Do(() => run.Scope.SetRunName(Text(arguments, 0))),
        ["setCorrelationId"] = (run, arguments) => Do(() => run.Scope.SetCorrelationId(Text(arguments, 0))),
        ["getWorkflowDefinitionId"] = (run, _) => Json(run, run.Scope.Flow.Member("id")),
        ["getWorkflowDefinitionVersionId"] = (run, _) => Json(run, run.Scope.Flow.Member("versionId")),
        ["getWorkflowDefinitionVersion"] = (run, _) => Json(run, run.Scope.Flow.Member("version")),
        ["isNullOrWhiteSpace"] = (_, arguments) => Boolean(string.IsNullOrWhiteSpace(TextOrNull(arguments, 0))),
        ["isNullOrEmpty"] = (_, arguments) => Boolean(string.IsNullOrEmpty(TextOrNull(arguments, 0))),
        ["parseGuid"] = ParseGuid,
        ["newGuid"] = (run, _) => String(NewGuid(run).ToString()),
        ["newGuidString"] = (run, _) => String(NewGuid(run).ToString()),
        ["newShortGuid"] = (run, _) => String(ShortGuid(run)),
        ["getGuid"] = (run, _) => String(NewGuid(run).ToString()),
        ["getGuidString"] = (run, _) => String(NewGuid(run).ToString()),
        ["getShortGuid"] = (run, _) => String(ShortGuid(run)),
        ["toJson"] = (run, arguments) => String(JsonValues.CompactText(run.ToJson(Argument(arguments, 0)))),
        ["fromJson"] = FromJson,
        ["bytesToString"] = (_, arguments) => String(Encoding.UTF8.GetString(Bytes(arguments))),
        ["bytesFromString"] = (run, arguments) => FromBytes(run, Encoding.UTF8.GetBytes(Text(arguments, 0))),
        ["bytesToBase64"] = (_, arguments) => String(Convert.ToBase64String(Bytes(arguments))),
        ["bytesFromBase64"] = (run, arguments) => FromBytes(run, FromBase64(arguments)),
        ["stringToBase64"] = (_, arguments) => String(Convert.ToBase64String(Encoding.UTF8.GetBytes(Text(arguments, 0)))),
        ["stringFromBase64"] = (_, arguments) => String(Encoding.UTF8.GetString(FromBase64(arguments))),
        // A stream of Elsa's is a file here, whose content is base64 already.
        ["streamToBase64"] = (run, arguments) => String(Content(run, arguments)),
        ["streamToBytes"] = (run, arguments) => FromBytes(run, Decoded(Content(run, arguments))),
        ["setOutcome"] = (run, arguments) => SetOutcomes(run, [Argument(arguments, 0)]),
        ["setOutcomes"] = (run, arguments) => SetOutcomes(run, Argument(arguments, 0) is JsArray list ? [.. list] : arguments),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Names => ByName.Keys;

    /// <summary>A function of the table, or the getter or setter of an input, a variable or an activity's output that is called like it; else null.</summary>
    public static Func<ScriptRun, JsValue[], JsValue>? Find(string name, ScriptRun run)
    {
        if (ByName.TryGetValue(name, out var function))
        {
            return function;
        }

        if (name.StartsWith("set", StringComparison.Ordinal) && Named(run.Scope.VariableNames, name[3..]) is { } target)
        {
            return (script, arguments) => SetVariable(script, [JsValue.FromObject(script.Engine, target), Argument(arguments, 0)]);
        }

        if (!name.StartsWith("get", StringComparison.Ordinal))
        {
            return null;
        }

        // As in Elsa an input's name stands as it is, and goes before a variable's.
        if (run.Scope.DeclaredInputs.Contains(name[3..], StringComparer.Ordinal))
        {
            return (script, _) => Input(script, name[3..]);
        }

        if (Named(run.Scope.VariableNames, name[3..]) is { } variable)
        {
            return (script, _) => script.GetVariable(variable);
        }

        for (var from = name.IndexOf("From", 4, StringComparison.Ordinal); from > 0; from = name.IndexOf("From", from + 1, StringComparison.Ordinal))
        {
            var output = name[3..from];
            if (Named(run.Scope.ActionNames, name[(from + 4)..]) is { } action)
            {
                return (script, _) => Output(script, action, output);
            }
        }

        return null;
    }

    // "my variable" is called MyVariable in such names.
    private static string? Named(IEnumerable<string> names, string part) => part.Length == 0 ? null : names.FirstOrDefault(name => Pascal(name) == part);

    private static string Pascal(string name)
    {
        var made = new StringBuilder(name.Length);
        var starts = true;
        foreach (var letter in name)
        {
            if (char.IsLetterOrDigit(letter) || letter == '_')
            {
                made.Append(starts ? char.ToUpperInvariant(letter) : letter);
            }

            starts = !char.IsLetterOrDigit(letter) && letter != '_';
        }

        return made.ToString();
    }

    private static JsValue SetVariable(ScriptRun run, JsValue[] arguments)
    {
        run.SetVariable(Text(arguments, 0), Argument(arguments, 1));
        return JsValue.Undefined;
    }

    private static JsValue SetOutcomes(ScriptRun run, JsValue[] outcomes)
    {
        run.Scope.SetOutcomes([.. outcomes.Select(outcome => outcome.ToString())]);
        return JsValue.Undefined;
    }

    private static JsValue Input(ScriptRun run, string name) => Json(run, run.Scope.TryGetInput(name, out var value) ? value : default);

    private static JsValue Output(ScriptRun run, string activity, string output)
    {
        if (!run.Scope.TryGetAction(activity, out var action))
        {
            return JsValue.Undefined;
        }

        return Json(run, JsonValues.TryGetMember(action.Outputs, output, out var value) ? value : default);
    }

    private static JsString ParseGuid(ScriptRun run, JsValue[] arguments) =>
        Guid.TryParse(Text(arguments, 0), CultureInfo.InvariantCulture, out var guid)
            ? String(guid.ToString())
            : throw new ExpressionException("parseGuid: the text is not a GUID.");

    private static Guid NewGuid(ScriptRun run)
    {
        run.Scope.MarkUnrepeatable();
        return Guid.CreateVersion7(run.Clock.GetUtcNow());
    }

    // As in Elsa letters and digits only, so it may have fewer than 22.
    private static string ShortGuid(ScriptRun run) =>
        string.Concat(Convert.ToBase64String(NewGuid(run).ToByteArray()).Where(char.IsAsciiLetterOrDigit));

    private static JsValue FromJson(ScriptRun run, JsValue[] arguments)
    {
        try
        {
            return Json(run, JsonElement.Parse(Text(arguments, 0)));
        }
        catch (JsonException exception)
        {
            throw new ExpressionException($"fromJson: {StoredText.WithoutPosition(exception.Message)}", inner: exception);
        }
    }

    private static byte[] Bytes(JsValue[] arguments)
    {
        if (Argument(arguments, 0) is not JsArray list)
        {
            throw new ExpressionException("Bytes are an array of numbers from 0 to 255.");
        }

        return [.. list.Select(item => item.IsNumber() && item.AsNumber() is >= 0 and <= 255 and var number
            ? (byte)number
            : throw new ExpressionException("Bytes are an array of numbers from 0 to 255."))];
    }

    private static string Content(ScriptRun run, JsValue[] arguments) =>
        run.ToJson(Argument(arguments, 0)).Text("$content") ?? throw new ExpressionException("It is no file.");

    private static byte[] FromBase64(JsValue[] arguments) => Decoded(Text(arguments, 0));

    private static byte[] Decoded(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException exception)
        {
            throw new ExpressionException("The text is not base64.", inner: exception);
        }
    }

    private static JsValue Do(Action action)
    {
        action();
        return JsValue.Undefined;
    }

    private static JsArray FromBytes(ScriptRun run, byte[] bytes) => new(run.Engine, [.. bytes.Select(value => (JsValue)JsNumber.Create((int)value))]);

    private static JsValue Argument(JsValue[] arguments, int index) => index < arguments.Length ? arguments[index] : JsValue.Undefined;

    private static string Text(JsValue[] arguments, int index) => TextOrNull(arguments, index) ?? "";

    private static string? TextOrNull(JsValue[] arguments, int index) =>
        Argument(arguments, index) is var value && (value.IsNull() || value.IsUndefined()) ? null : value.ToString();

    // What is missing is null for these functions, as in Elsa.
    private static JsValue Json(ScriptRun run, JsonElement json) =>
        json.ValueKind == JsonValueKind.Undefined ? JsValue.Null : ScriptValues.FromJson(run.Engine, json);

    private static JsString String(string text) => new(text);

    private static JsBoolean Boolean(bool value) => value ? JsBoolean.True : JsBoolean.False;
}
