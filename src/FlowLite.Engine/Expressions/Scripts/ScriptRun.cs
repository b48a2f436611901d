using System.Globalization;
using System.Text.Json;
using Jint;
using Jint.Native;
using Jint.Runtime;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;
using JsEngine = Jint.Engine;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>
/// One evaluation of a script, in an engine of its own: a new one takes microseconds, and nothing that a script does to it can reach
/// another run. Only the names that the script uses are made.
/// </summary>
internal sealed class ScriptRun
{
    private readonly IExpressionScope _scope;
    private readonly ScriptSource _source;
    private readonly ScriptBudget _budget;
    private readonly Dictionary<string, (JsValue Value, JsonElement Json)> _variablesRead = new(StringComparer.Ordinal);
    private NamedValues? _variables;
    private ScriptDates? _dates;

    private ScriptRun(ScriptSource source, IExpressionScope scope, TimeProvider clock, CancellationToken cancellationToken)
    {
        _source = source;
        _scope = scope;
        Clock = clock;
        _budget = new ScriptBudget(clock, cancellationToken);
        Engine = new JsEngine(options =>
        {
            options.Culture = CultureInfo.InvariantCulture;
            options.TimeZone = TimeZoneInfo.Utc;
            options.TimeSystem = new ScriptClock(clock, scope);
            options.AgentCanSuspend = false;
            options.Host.StringCompilationAllowed = false;
            options.Json.MaxParseDepth = ScriptLimits.JsonDepth;
            options.Constraints.Constraints.Add(_budget);
            options.Constraints.StackOverflowGuard = true;
            options.Constraints.MaxRecursionDepth = ScriptLimits.Recursion;
            options.Constraints.MaxArraySize = ScriptLimits.ArrayLength;
            options.Constraints.RegexTimeout = ScriptLimits.Regex;
            options.Constraints.PromiseTimeout = ScriptLimits.Promise;
        });
    }

    public JsEngine Engine { get; }

    public IExpressionScope Scope => _scope;

    public TimeProvider Clock { get; }

    /// <summary>The value of the script: what it returned, else that of its last statement; of a promise what it came to.</summary>
    /// <exception cref="ExpressionException">The script failed or went over a limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static JsonElement Evaluate(ScriptSource source, IExpressionScope scope, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            var run = new ScriptRun(source, scope, clock, cancellationToken);
            using (run.Engine)
            {
                run.Install();
                var value = run.Engine.Evaluate(source.Script);
                var result = run.ToJson(Settled(value));
                run.SetVariables();
                return result;
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception)
        {
            throw ScriptErrors.From(exception);
        }
    }

    private static JsValue Settled(JsValue value)
    {
        try
        {
            return value.IsPromise() ? value.UnwrapIfPromise(ScriptLimits.Promise) : value;
        }
        catch (PromiseRejectedException exception) when (exception.RejectedValue.ToString() == $"Timeout of {ScriptLimits.Promise} reached")
        {
            throw new ExpressionException("The script waits for a promise that nothing keeps.", inner: exception);
        }
    }

    /// <summary>A value as it leaves the script.</summary>
    public JsonElement ToJson(JsValue value) =>
        _dates is { } dates ? dates.Leave(() => ScriptValues.ToJson(Engine, value)) : ScriptValues.ToJson(Engine, value);

    /// <summary>Undefined when nobody declared or set it.</summary>
    public JsValue GetVariable(string name)
    {
        var variables = Variables();
        return variables.HasOwnProperty(name) ? variables.Get(name) : ReadVariable(name);
    }

    public void SetVariable(string name, JsValue value)
    {
        // What follows sees it as the variable takes it; an object is taken at the end, with what is done to it until then.
        var taken = value.IsString() || value.IsNumber() || value.IsBoolean() ? FromJson(_scope.Fit(name, ToJson(value))) : value;
        // As an object's own: names such as __proto__ are names.
        Variables().CreateDataProperty(name, taken);
    }

    private NamedValues Variables() => _variables ??= new NamedValues(Engine, _scope.VariableNames, ReadVariable);

    private JsValue ReadVariable(string name)
    {
        var json = _scope.TryGetVariable(name, out var found) ? found : default;
        var value = ScriptValues.FromJson(Engine, json);
        _variablesRead[name] = (value, json);
        return value;
    }

    /// <summary>What the script did to variables, by assignment or by changing what is in them.</summary>
    private void SetVariables()
    {
        if (_variables is null)
        {
            return;
        }

        foreach (var key in _variables.GetOwnPropertyKeys(Jint.Runtime.Types.String))
        {
            var name = key.ToString();
            if (!_variables.IsUsed(name))
            {
                // To read it now would make all that the script gives secure, where the variable is.
                continue;
            }

            var value = _variables.Get(key);
            // Reading it now, if it was only set, is what it was.
            if (!ScriptValues.IsSame(value, _variablesRead.TryGetValue(name, out var read) ? read.Json : Current(name)))
            {
                _scope.SetVariable(name, ToJson(value));
            }
        }
    }

    private JsonElement Current(string name) => _scope.TryGetVariable(name, out var json) ? json : default;

    private void Install()
    {
        if (_source.MultipliesText)
        {
            ScriptGuards.Install(Engine, _budget);
        }

        if (_source.UsesDates)
        {
            _dates = new ScriptDates(Engine);
        }

        if (_source.UsesEverything)
        {
            foreach (var name in ScriptSource.MissingGlobals)
            {
                Engine.Global.Delete(name);
            }

            // It may look at the clock in ways that can't be seen here.
            _scope.MarkUnrepeatable();
            foreach (var name in ScopeNames.Concat(ScriptFunctions.Names))
            {
                Define(name, () => ScopeValue(name) ?? Function(name)!);
            }
        }

        foreach (var name in _source.Globals)
        {
            if (name == "Math")
            {
                MakeRandomMarked();
            }
            else if (name == "Intl")
            {
                // Formats the present time with a clock of its own when it is given none.
                _scope.MarkUnrepeatable();
            }
            else if ((ScopeValue(name) ?? Function(name)) is { } value)
            {
                Engine.Global.FastSetProperty(name, new PropertyDescriptor(value, PropertyFlag.ConfigurableEnumerableWritable));
            }
        }
    }

    private static readonly string[] ScopeNames = ["trigger", "run", "flow", "item", "variables", "inputs", "actions"];

    private JsValue? ScopeValue(string name) => name switch
    {
        "trigger" => ScriptValues.FromJson(Engine, _scope.Trigger),
        "run" => ScriptValues.FromJson(Engine, _scope.Run),
        "flow" => ScriptValues.FromJson(Engine, _scope.Flow),
        "item" => ScriptValues.FromJson(Engine, _scope.Item),
        "variables" => Variables(),
        "inputs" => new NamedValues(Engine, _scope.InputNames, input => FromJson(_scope.TryGetInput(input, out var value) ? value : default)),
        "actions" => new NamedValues(Engine, _scope.ActionNames, Action),
        _ => null,
    };

    private JsValue Action(string name)
    {
        if (!_scope.TryGetAction(name, out var action))
        {
            return JsValue.Undefined;
        }

        var view = new JsObject(Engine);
        view.Set("status", new JsString(action.Status));
        view.Set("outputs", FromJson(action.Outputs));
        return view;
    }

    private ClrFunction? Function(string name) =>
        ScriptFunctions.Find(name, this) is { } function
            ? new ClrFunction(Engine, name, (_, arguments) => function(this, arguments), 0)
            : null;

    private JsValue FromJson(JsonElement json) => ScriptValues.FromJson(Engine, json);

    private void Define(string name, Func<JsValue> make) =>
        Engine.Global.FastSetProperty(name, PropertyDescriptor.CreateLazy(make, PropertyFlag.ConfigurableEnumerableWritable));

    private void MakeRandomMarked()
    {
        var math = Engine.Global.Get("Math").AsObject();
        var random = math.Get("random");
        math.FastSetProperty("random", new PropertyDescriptor(
            new ClrFunction(
                Engine,
                "random",
                (self, arguments) =>
                {
                    _scope.MarkUnrepeatable();
                    return Engine.Call(random, self, arguments);
                },
                0),
            PropertyFlag.NonEnumerable));
    }
}
