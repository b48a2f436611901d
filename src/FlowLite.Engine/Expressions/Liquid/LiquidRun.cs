using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Json;
using Fluid;
using Fluid.Parser;
using Fluid.Values;

namespace FlowLite.Engine.Expressions.Liquid;

/// <summary>
/// Evaluates a template: what Elsa 3 documents for Liquid (https://docs.elsaworkflows.io/expressions/liquid: <c>Variables</c>,
/// <c>Input</c>, <c>CorrelationId</c>, <c>WorkflowInstanceId</c>… and the filters <c>json</c>, <c>base64</c> and <c>keys</c>) and what every
/// language here sees.
/// </summary>
internal static class LiquidRun
{
    // Shared: they hold no state of an evaluation.
    private static readonly TemplateOptions Options = MakeOptions();

    public static bool HasFilter(string name) => Options.Filters.TryGetValue(name, out _);

    /// <exception cref="ExpressionException">The template failed or went over a limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static JsonElement Evaluate(FluidTemplate template, IReadOnlySet<string> names, IExpressionScope scope, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            var context = new TemplateContext(Options)
            {
                Now = () =>
                {
                    scope.MarkUnrepeatable();
                    return clock.GetUtcNow();
                },
            };
            var budget = new LiquidBudget(clock, cancellationToken);
            budget.Attach(context);
            foreach (var name in names)
            {
                if (Find(name, scope) is { } value)
                {
                    context.SetValue(name, value);
                }
            }

            using var writer = new BoundedWriter(budget);
            // Nothing in a template waits.
            template.RenderAsync(writer, NullEncoder.Default, context).AsTask().GetAwaiter().GetResult();
            return JsonValues.String(writer.ToString());
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception exception) when (exception is not ExpressionException)
        {
            throw new ExpressionException(Describe(exception), inner: exception);
        }
    }

    private static FluidValue? Find(string name, IExpressionScope scope) => name switch
    {
        "Variables" or "variables" => Named(scope.VariableNames, variable => scope.TryGetVariable(variable, out var value) ? Present(value) : default),
        "Input" or "inputs" => Named(scope.InputNames, input => scope.TryGetInput(input, out var value) ? Present(value) : default),
        "actions" => Named(scope.ActionNames, action => scope.TryGetAction(action, out var view) ? Templates.ActionObjectView.ToJson(view) : default),
        "trigger" => LiquidValues.FromJson(scope.Trigger),
        "run" => LiquidValues.FromJson(scope.Run),
        "flow" => LiquidValues.FromJson(scope.Flow),
        "item" => LiquidValues.FromJson(scope.Item),
        "CorrelationId" => LiquidValues.FromJson(scope.Run.Member("correlationId")),
        "WorkflowInstanceId" => LiquidValues.FromJson(scope.Run.Member("id")),
        "WorkflowDefinitionId" => LiquidValues.FromJson(scope.Flow.Member("id")),
        "WorkflowDefinitionVersionId" => LiquidValues.FromJson(scope.Flow.Member("versionId")),
        "WorkflowDefinitionVersion" => LiquidValues.FromJson(scope.Flow.Member("version")),
        _ => null,
    };

    private static DictionaryValue Named(IEnumerable<string> names, Func<string, JsonElement> find) => new(new NamedMembers(names, find));

    private static JsonElement Present(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? JsonValues.Null : value;

    private static TemplateOptions MakeOptions()
    {
        var options = new TemplateOptions
        {
            CultureInfo = CultureInfo.InvariantCulture,
            TimeZone = TimeZoneInfo.Utc,
            MaxSteps = LiquidLimits.Steps,
            MaxRecursion = LiquidLimits.Nesting,
        };
        options.Filters.AddFilter("keys", static (input, _, _) => input.ToObjectValue() is IFluidIndexable members
            ? new ValueTask<FluidValue>(new ArrayValue([.. members.Keys.Select(key => new StringValue(key))]))
            : throw new ExpressionException("The filter 'keys' takes an object."));
        // .NET format strings, which can ask for any number of digits.
        options.Filters.Remove("format_number");
        options.Filters.Remove("format_string");
        options.Filters.AddFilter("base64", static (input, _, _) =>
            new ValueTask<FluidValue>(new StringValue(Convert.ToBase64String(Encoding.UTF8.GetBytes(input.ToStringValue())))));
        // Each word, as in Elsa; Liquid's own has only the first letter of the text.
        options.Filters.AddFilter("capitalize", static (input, _, _) =>
            new ValueTask<FluidValue>(new StringValue(string.Create(input.ToStringValue().Length, input.ToStringValue(), static (letters, text) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    letters[i] = i == 0 || char.IsWhiteSpace(text[i - 1]) ? char.ToUpperInvariant(text[i]) : text[i];
                }
            }))));
        return options;
    }

    private static string Describe(Exception exception) => exception switch
    {
        InvalidOperationException when exception.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true =>
            "A text in the data is not valid Unicode (half a surrogate pair).",
        // Fluid says so of its statements as well; blocks don't nest as deep as it takes, the parser sees to that.
        InvalidOperationException when exception.Message.Contains("level of recursion", StringComparison.Ordinal) =>
            $"The template takes more than {LiquidLimits.Steps.ToString(CultureInfo.InvariantCulture)} steps; its loops go round too often.",
        OutOfMemoryException => "The template uses too much memory.",
        OverflowException => "A number is too large.",
        DivideByZeroException => "A number is divided by zero.",
        _ => exception.Message.Split('\n')[0].TrimEnd('\r'),
    };
}
