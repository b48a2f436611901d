using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;
using Fluid.Values;

namespace FlowLite.Engine.Expressions.Liquid;

/// <summary>Text as it stands.</summary>
internal sealed class TextStatement(string text) : Statement
{
    public override ValueTask<Completion> WriteToAsync(TextWriter output, TextEncoder encoder, TemplateContext context)
    {
        context.IncrementSteps();
        output.Write(text);
        return Normal();
    }

    protected override Statement Accept(AstVisitor visitor) => this;
}

/// <summary>What is written inside becomes a variable.</summary>
internal sealed class CaptureBlock(string name, IReadOnlyList<Statement> statements) : Statement
{
    public override async ValueTask<Completion> WriteToAsync(TextWriter output, TextEncoder encoder, TemplateContext context)
    {
        using var captured = new BoundedWriter(LiquidBudget.Of(context));
        var completion = Completion.Normal;
        foreach (var statement in statements)
        {
            completion = await statement.WriteToAsync(captured, encoder, context);
            if (completion != Completion.Normal)
            {
                break;
            }
        }

        context.SetValue(name, new StringValue(captured.ToString(), encode: false));
        return completion;
    }

    protected override Statement Accept(AstVisitor visitor) => this;
}

/// <summary><c>(1..3)</c></summary>
internal sealed class BoundedRange(Expression from, Expression to) : Expression
{
    public override async ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
    {
        var first = decimal.Truncate((await from.EvaluateAsync(context)).ToNumberValue());
        var last = decimal.Truncate((await to.EvaluateAsync(context)).ToNumberValue());
        if (last - first >= LiquidLimits.Items)
        {
            throw new ExpressionException($"The range has more than {LiquidLimits.Items} numbers.");
        }

        var numbers = new List<FluidValue>();
        for (var number = first; number <= last; number++)
        {
            numbers.Add(NumberValue.Create(number));
        }

        return new ArrayValue(numbers);
    }

    protected override Expression Accept(AstVisitor visitor) => this;
}

/// <summary>A filter, before and after which the budget is looked at. One that does not exist passes its value on, as in Elsa.</summary>
internal sealed class BoundedFilter(Expression input, string name, IReadOnlyList<FilterArgument> parameters) : Expression
{
    public override async ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
    {
        var value = await input.EvaluateAsync(context);
        if (!context.Options.Filters.TryGetValue(name, out var filter))
        {
            return value;
        }

        var arguments = new FilterArguments();
        foreach (var parameter in parameters)
        {
            arguments.Add(parameter.Name, await parameter.Expression.EvaluateAsync(context));
        }

        var budget = LiquidBudget.Of(context);
        budget.Check();
        CheckGrowth(value, arguments);
        var result = await filter(value, arguments, context);
        return result switch
        {
            StringValue text when text.ToStringValue().Length > LiquidLimits.Text => throw LiquidBudget.TooLong(),
            ArrayValue list when list.Values.Count > LiquidLimits.Items => throw new ExpressionException($"The list has more than {LiquidLimits.Items} items."),
            _ => result,
        };
    }

    protected override Expression Accept(AstVisitor visitor) => this;

    // These make much text out of little.
    private void CheckGrowth(FluidValue value, FilterArguments arguments)
    {
        var length = name switch
        {
            "replace" => Length(value) / (double)Math.Max(1, Length(arguments.At(0))) * Length(arguments.At(1)),
            "join" => value is ArrayValue list ? list.Values.Count * (double)Length(arguments.At(0)) + list.Values.Sum(Length) : 0,
            _ => 0,
        };
        if (length > LiquidLimits.Text)
        {
            throw LiquidBudget.TooLong();
        }
    }

    private static long Length(FluidValue value) => value is StringValue ? value.ToStringValue().Length : 0;
}
