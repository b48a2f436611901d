using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>One step of a path: a member's name, or an index when the name is null.</summary>
internal readonly record struct PathStep(string? Name, int Index);

/// <summary>
/// <c>trigger.body.Contact["E-Mail"]</c> and the like, walked without Scriban. Nearly every field mapping is one.
/// </summary>
internal sealed class DirectPath(string root, PathStep[] steps)
{
    /// <summary>The value; Undefined when missing.</summary>
    /// <exception cref="InvalidOperationException">A text or a name on the way holds half a surrogate pair.</exception>
    public JsonElement Find(IExpressionScope scope)
    {
        var next = 0;
        var value = root switch
        {
            "trigger" => scope.Trigger,
            "run" => scope.Run,
            "flow" => scope.Flow,
            "item" => scope.Item,
            "variables" => scope.TryGetVariable(LookedUp(out next), out var variable) ? variable : default,
            "inputs" => scope.TryGetInput(LookedUp(out next), out var input) ? input : default,
            _ => FindAction(scope, out next),
        };

        for (; next < steps.Length && value.ValueKind != JsonValueKind.Undefined; next++)
        {
            // Scriban decodes what it steps through.
            JsonPath.EnsureText(value);
            var step = steps[next];
            value = step.Name is not null ? JsonPath.Member(value, step.Name)
                : value.ValueKind == JsonValueKind.Object
                    ? JsonPath.Member(value, step.Index.ToString(System.Globalization.CultureInfo.InvariantCulture))
                    : JsonPath.Item(value, step.Index);
        }

        JsonPath.EnsureText(value);
        return value;
    }

    private string LookedUp(out int next)
    {
        next = 1;
        return steps[0].Name!;
    }

    private JsonElement FindAction(IExpressionScope scope, out int next)
    {
        next = 2;
        if (!scope.TryGetAction(steps[0].Name!, out var action))
        {
            next = steps.Length;
            return default;
        }

        return steps.Length == 1 ? ActionObjectView.ToJson(action)
            : steps[1].Name is { } member ? ActionObjectView.Member(action, member)
            : default;
    }
}

/// <summary>A template that is one path: the value with its type.</summary>
internal sealed class PathExpression(DirectPath path) : CompiledExpression
{
    public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default)
    {
        try
        {
            var value = path.Find(scope);
            return value.ValueKind == JsonValueKind.Undefined ? JsonValues.Null : value;
        }
        catch (InvalidOperationException exception)
        {
            throw TemplateErrors.From(exception);
        }
    }
}

/// <summary>A template of text and paths: one text.</summary>
internal sealed class PathTextExpression(IReadOnlyList<(string Text, DirectPath? Path)> parts) : CompiledExpression
{
    public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default)
    {
        try
        {
            var texts = new string[parts.Count];
            long length = 0;
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = parts[i].Path is { } path ? TemplateValues.ToText(path.Find(scope)) : parts[i].Text;
                length += texts[i].Length;
            }

            return length <= TemplateLimits.Text
                ? JsonValues.String(string.Concat(texts))
                : throw TemplateErrors.TooLong();
        }
        catch (InvalidOperationException exception)
        {
            throw TemplateErrors.From(exception);
        }
    }
}
