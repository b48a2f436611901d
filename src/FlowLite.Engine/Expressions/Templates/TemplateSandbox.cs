using System.Collections;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FlowLite.Engine.Json;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>A Scriban context that holds a template to <see cref="TemplateLimits"/>. Used by one thread at a time and reused.</summary>
internal sealed class TemplateSandbox : TemplateContext
{
    [ThreadStatic]
    private static TemplateSandbox? _free;

    private TimeProvider _clock = TimeProvider.System;
    private long _started;
    private long _allocated;
    private int _steps;

    private TemplateSandbox()
        : base(TemplateBuiltins.Shared)
    {
        // Missing members are null however deep; a missing top-level name is an error (see Unknown).
        EnableRelaxedMemberAccess = true;
        EnableRelaxedTargetAccess = true;
        EnableRelaxedIndexerAccess = true;
        EnableNullIndexer = true;
        TryGetVariable = Unknown;
        // Indentation of the template must not get into the lead's lines.
        AutoIndent = false;
        NewLine = "\n";
        LoopLimit = TemplateLimits.Loop;
        LoopLimitQueryable = TemplateLimits.Loop;
        RecursiveLimit = TemplateLimits.Recursion;
        ObjectRecursionLimit = TemplateLimits.ObjectDepth;
        LimitToString = TemplateLimits.Text;
        OutputLimit = TemplateLimits.Text;
        OnStringLimit = ScriptLimitBehavior.Throw;
        OnOutputLimit = ScriptLimitBehavior.Throw;
        RegexTimeOut = TemplateLimits.Regex;
        MemberFilter = IsReadable;
    }

    /// <summary>Evaluates a template whose globals are the scope's, and leaves no trace of it.</summary>
    /// <param name="template">The parsed template.</param>
    /// <param name="typed">True for the value of its one expression, false for its text.</param>
    /// <param name="scope">What it can see.</param>
    /// <param name="clock">Times it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ExpressionException">The template failed or went over a limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static JsonElement Run(Template template, bool typed, IExpressionScope scope, TimeProvider clock, CancellationToken cancellationToken)
    {
        // Taken out while in use: the scope may evaluate expressions itself.
        var context = _free ?? new TemplateSandbox();
        _free = null;
        try
        {
            context.Arm(clock, cancellationToken);
            context.PushGlobal(new ScopeGlobals(scope));
            // Before the globals go: lists may be lazy.
            var result = typed ? TemplateValues.ToJson(template.Evaluate(context)) : JsonValues.String(template.Render(context));
            context.PopGlobal();
            context.Release();
            return result;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception)
        {
            // Its stacks may be half unwound, so the context is not used again.
            throw TemplateErrors.From(exception);
        }
    }

    public override object? Evaluate(ScriptNode? scriptNode, bool aliasReturnedFunction)
    {
        if ((++_steps & 31) == 0)
        {
            CheckBudget();
        }

        // A stack overflow would end the process.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new ExpressionException("The template nests too deep.");
        }

        var value = base.Evaluate(scriptNode, aliasReturnedFunction);
        return value switch
        {
            string { Length: > TemplateLimits.Text } => throw TemplateErrors.TooLong(),
            BigInteger number when number.GetBitLength() > TemplateLimits.IntegerBits => throw new ExpressionException("The number is too large."),
            _ => value,
        };
    }

    public override void Import(SourceSpan span, object objectToImport) =>
        throw new ScriptRuntimeException(span, "import is not available in templates.");

    /// <summary>The text that a value has inside a longer text: the same as its JSON, a text without its quotes.</summary>
    public override string ObjectToString(object? value, bool nested = false)
    {
        switch (value)
        {
            case JsonNumberView:
                return value.ToString()!;
            case ReadOnlyView or ScopeGlobals or DateTime or TimeSpan:
            case IEnumerable and not string:
                return TemplateValues.ToText(TemplateValues.ToJson(value));
            default:
                return base.ObjectToString(value, nested) ?? "";
        }
    }

    /// <summary>An index beyond int is out of every range, which is not an error.</summary>
    public override int ToInt(SourceSpan span, object? value) => value switch
    {
        int number => number,
        long number => (int)Math.Clamp(number, int.MinValue, int.MaxValue),
        decimal number => (int)Math.Clamp(decimal.Round(number), int.MinValue, int.MaxValue),
        BigInteger number => (int)BigInteger.Clamp(number, int.MinValue, int.MaxValue),
        _ => base.ToInt(span, value),
    };

    /// <summary>Dates in JSON are text, <c>run.now</c> too: functions that want a date take it as <c>date.parse</c> reads it.</summary>
    public override object? ToObject(SourceSpan span, object? value, Type destinationType) =>
        value is string text && (destinationType == typeof(DateTime) || destinationType == typeof(DateTime?))
            ? TemplateBuiltins.ParseDate(text)
            : base.ToObject(span, value, destinationType);

    protected override IObjectAccessor? GetMemberAccessorImpl(object target) =>
        IsScalar(target) ? ScalarAccessor.Shared : base.GetMemberAccessorImpl(target);

    protected override IListAccessor? GetListAccessorImpl(object target, Type type) =>
        IsScalar(target) ? null : base.GetListAccessorImpl(target, type);

    protected override bool OnStepLoop(ScriptLoopStatementBase loop)
    {
        // An empty body evaluates nothing.
        if ((++_steps & 31) == 0)
        {
            CheckBudget();
        }

        return base.OnStepLoop(loop);
    }

    private static bool IsScalar(object target) =>
        target is string or decimal or BigInteger or JsonNumberView || target.GetType().IsPrimitive;

    private static bool IsReadable(MemberInfo member) =>
        member is PropertyInfo { GetMethod: { IsStatic: false } }
        && (member.DeclaringType == typeof(DateTime) || member.DeclaringType == typeof(TimeSpan)
            || member.DeclaringType == typeof(KeyValuePair<string, object>));

    private static bool Unknown(TemplateContext context, SourceSpan span, ScriptVariable variable, out object? value)
    {
        value = null;
        return variable.Scope == ScriptVariableScope.Global
            ? throw new ScriptRuntimeException(span, TemplateNames.Unknown(variable.Name))
            : false;
    }

    private void Arm(TimeProvider clock, CancellationToken cancellationToken)
    {
        _clock = clock;
        _started = clock.GetTimestamp();
        _allocated = GC.GetAllocatedBytesForCurrentThread();
        _steps = 0;
        CancellationToken = cancellationToken;
    }

    private void Release()
    {
        CancellationToken = default;
        Tags.Clear();
        if (Output is StringBuilderOutput { Builder: { } text })
        {
            text.Clear();
            if (GlobalCount == 1 && OutputCount == 1 && CultureCount == 0 && text.Capacity <= 32 * 1024)
            {
                _free = this;
            }
        }
    }

    private void CheckBudget()
    {
        CancellationToken.ThrowIfCancellationRequested();
        if (_steps > TemplateLimits.Steps)
        {
            throw new ExpressionException($"The template takes more than {TemplateLimits.Steps} steps.");
        }

        if (GC.GetAllocatedBytesForCurrentThread() - _allocated > TemplateLimits.Allocation)
        {
            throw new ExpressionException("The template uses too much memory.");
        }

        if (_clock.GetElapsedTime(_started) > TemplateLimits.Duration)
        {
            throw new ExpressionException($"The template runs longer than {TemplateLimits.Duration.TotalSeconds:0.#} s.");
        }
    }
}
