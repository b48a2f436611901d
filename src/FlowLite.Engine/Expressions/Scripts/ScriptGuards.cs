using System.Runtime.CompilerServices;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;
using JsEngine = Jint.Engine;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>
/// Functions of the language that make much text out of little in one step, between two checks of the budget: how much it will be is
/// counted before they run.
/// </summary>
internal static class ScriptGuards
{
    public static void Install(JsEngine engine, ScriptBudget budget)
    {
        var text = Prototype(engine, "String");
        Wrap(engine, text, "repeat", (self, arguments) => budget.Charge(Length(self) * Number(arguments, 0)));
        Wrap(engine, text, "padStart", (_, arguments) => budget.Charge(Number(arguments, 0)));
        Wrap(engine, text, "padEnd", (_, arguments) => budget.Charge(Number(arguments, 0)));
        Wrap(engine, text, "concat", (self, arguments) => budget.Charge(Length(self) + arguments.Sum(Length)));
        Wrap(engine, text, "replace", (self, arguments) => budget.Charge(Replaced(self, arguments, 1)));
        Wrap(engine, text, "replaceAll", (self, arguments) => budget.Charge(Replaced(self, arguments, double.MaxValue)));
        Wrap(engine, Prototype(engine, "Array"), "join", (self, arguments) =>
        {
            // Lists in lists come here again.
            RuntimeHelpers.EnsureSufficientExecutionStack();
            budget.Charge(Joined(self, arguments));
        });
    }

    private static ObjectInstance Prototype(JsEngine engine, string type) => engine.Global.Get(type).AsObject().Get("prototype").AsObject();

    private static void Wrap(JsEngine engine, ObjectInstance owner, string name, Action<JsValue, JsValue[]> check)
    {
        var original = owner.Get(name);
        var guarded = new ClrFunction(
            engine,
            name,
            (self, arguments) =>
            {
                check(self, arguments);
                return engine.Call(original, self, arguments);
            },
            1);
        owner.FastSetProperty(name, new PropertyDescriptor(guarded, PropertyFlag.NonEnumerable));
    }

    private static double Length(JsValue value) => value.IsString() ? value.ToString().Length : 0;

    private static double Number(JsValue[] arguments, int index) =>
        index < arguments.Length && arguments[index].IsNumber() && arguments[index].AsNumber() is var number && double.IsFinite(number) ? number : 0;

    private static double Replaced(JsValue self, JsValue[] arguments, double most)
    {
        if (arguments.Length < 2 || !self.IsString() || !arguments[1].IsString())
        {
            return Length(self);
        }

        var length = Length(self);
        var replacement = arguments[1].ToString();
        var isPattern = arguments[0].IsRegExp();
        var count = isPattern ? length + 1 : Math.Min(most, Math.Floor(length / Math.Max(1, Length(arguments[0]))) + 1);
        // What stands before or after the match is put in each time.
        var context = replacement.Contains("$`", StringComparison.Ordinal) || replacement.Contains("$'", StringComparison.Ordinal) ? length : 0;
        return length + (count * (replacement.Length + context));
    }

    private static double Joined(JsValue self, JsValue[] arguments)
    {
        if (self is not JsArray list)
        {
            return 0;
        }

        var separator = arguments.Length > 0 && arguments[0].IsString() ? Length(arguments[0]) : 1;
        var total = separator * list.Length;
        foreach (var item in list)
        {
            total += Length(item);
        }

        return total;
    }
}
