using System.Reflection;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>
/// Parses the expressions of an activity's inputs, once for all runs, and hands the activity its inputs and outputs.
/// Stored forms: <c>{"typeName","expression":{"type","value"}}</c>, or a bare value.
/// </summary>
internal sealed class InputBinder(ExpressionLanguages languages, IReadOnlyDictionary<string, Variable> variables, List<DefinitionProblem> problems)
{
    public void Bind(ActivityNode node, JsonElement json)
    {
        var inputs = new List<CompiledInput>();
        foreach (var descriptor in node.Descriptor.Inputs)
        {
            var path = $"{node.Path}/{descriptor.JsonName}";
            var value = json.Member(descriptor.JsonName);
            if (descriptor.IsCases)
            {
                BindCases(node, descriptor, value, path, inputs);
                continue;
            }

            if (!descriptor.IsWrapped)
            {
                value = Unwrap(node, descriptor, value, path);
            }
            else if (descriptor.IsMap)
            {
                value = Map(value);
            }

            var isSet = value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null)
                && !(descriptor.IsWrapped && !descriptor.IsMap && IsEmpty(value));
            if (!isSet && descriptor.Settings.Required)
            {
                problems.Add(new DefinitionProblem(node.Id, path, $"{descriptor.DisplayName} is required.", RunsAnyway: true));
            }

            if (!descriptor.IsWrapped)
            {
                SetBare(node, descriptor, value, isSet, path);
                continue;
            }

            if (descriptor.IsDeferred)
            {
                var deferred = isSet ? CompileDeferred(node, descriptor, value, path) : null;
                descriptor.Property.SetValue(node.Activity, MakeDeferredOf.MakeGenericMethod(descriptor.Type).Invoke(null, [deferred]));
                continue;
            }

            var slot = isSet ? inputs.Count : -1;
            var input = isSet ? Compile(node, descriptor, value, path) : null;
            SetWrapped(node, descriptor, slot, input);
            if (input is not null)
            {
                inputs.Add(input with { IsSecure = node.SecureInputs || descriptor.Settings.IsSensitive });
            }
        }

        node.Inputs = [.. inputs];
        BindOutputs(node, json);
        problems.AddRange(Validate(node, json));
    }

    private static IReadOnlyList<DefinitionProblem> Validate(ActivityNode node, JsonElement json)
    {
        try
        {
            return [.. node.Activity.Validate().Select(problem => new DefinitionProblem(node.Id, node.Path, problem)).Concat(node.Activity.ValidateDocument(node, json)).Select(problem => problem with { RunsAnyway = true })];
        }
        // A plugin's fault is a problem of the flows with it.
        catch (Exception e)
        {
            return [CantCheck(node, e)];
        }
    }

    public static DefinitionProblem CantCheck(ActivityNode node, Exception e) =>
        new(node.Id, node.Path, $"The activity can't check its settings: {e.GetType().Name}: {e.Message}", RunsAnyway: true);

    /// <summary>A new activity comes with an empty expression where mapping is the rule: a literal may be an empty text, an expression says nothing.</summary>
    private static bool IsEmpty(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("expression", out var expression)
        && (expression.ValueKind == JsonValueKind.Null
            || (expression.ValueKind == JsonValueKind.Object
                && (expression.Member("value").ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
                    || (expression.Text("type") is not (null or "Literal") && expression.Member("value") is { ValueKind: JsonValueKind.String } text && text.GetString()!.Length == 0))));

    private CompiledInput Compile(ActivityNode node, InputDescriptor descriptor, JsonElement value, string path)
    {
        if (!descriptor.IsMap)
        {
            var expression = Expression(node, value, path);
            if (expression.Constant is { } constant)
            {
                Check(node, descriptor, constant, path);
            }

            return new CompiledInput(descriptor.Name, expression);
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new DefinitionProblem(node.Id, path, $"{descriptor.Name} is an object with an input for each field."));
            return new CompiledInput(descriptor.Name, null, []);
        }

        return CompileMembers(node, descriptor, value, path);
    }

    private CompiledInput CompileMembers(ActivityNode node, InputDescriptor descriptor, JsonElement value, string path) =>
        new(descriptor.Name, null, [.. value.EnumerateObject()
            .Where(field => !IsEmpty(field.Value))
            .Select(field => new CompiledInput(field.Name, Expression(node, field.Value, $"{path}/{Escape(field.Name)}")))]);

    private CompiledInput CompileDeferred(ActivityNode node, InputDescriptor descriptor, JsonElement value, string path)
    {
        var expression = value.Member("expression");
        if (descriptor.Settings.Language is not { } language)
        {
            return value.ValueKind == JsonValueKind.Object && expression.ValueKind == JsonValueKind.Undefined
                ? CompileMembers(node, descriptor, value, path)
                : new CompiledInput(descriptor.Name, Expression(node, value, path));
        }

        // Code is fixed when the flow is published: what is made of data is never run.
        if (expression.Text("type") is { } type && type != "Literal" && type != language)
        {
            problems.Add(new DefinitionProblem(node.Id, $"{path}/expression/type",
                $"{descriptor.Settings.DisplayName ?? descriptor.Name} is {language} as it stands here; it can't be made by a {type} expression."));
            return new CompiledInput(descriptor.Name, null);
        }

        var code = expression.ValueKind == JsonValueKind.Object ? expression.Member("value") : value;
        return new CompiledInput(descriptor.Name, Compiled(node, language, code, expression.ValueKind == JsonValueKind.Object ? $"{path}/expression" : path));
    }

    /// <summary>The Studio's editor of JSON saves an object as its text, and an empty text when it was cleared.</summary>
    private static JsonElement Map(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return value;
        }

        var text = value.GetString()!;
        try
        {
            return string.IsNullOrWhiteSpace(text) ? default : JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return value;
        }
    }

    private void BindCases(ActivityNode node, InputDescriptor descriptor, JsonElement value, string path, List<CompiledInput> inputs)
    {
        var members = new List<CompiledInput>();
        var cases = new List<JsonElement>();
        var items = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [];
        var list = node.Descriptor.ChildLists.FirstOrDefault(l => l.List == descriptor.JsonName);
        for (var index = 0; index < items.Length; index++)
        {
            var label = list is null ? items[index].Text("label") : list.KeyOf(items[index]);
            if (label is not null && !members.Exists(m => m.Name == label))
            {
                members.Add(new CompiledInput(label, Expression(node, items[index].Member("condition"), $"{path}/{index}/condition", isBare: true)));
                cases.Add(items[index]);
            }
            else if (list is null)
            {
                // Where activities stand in it, their reader tells.
                problems.Add(new DefinitionProblem(node.Id, $"{path}/{index}", label is null ? "A case needs a label." : $"Two cases have the label '{label}'."));
            }
        }

        if (value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Undefined or JsonValueKind.Null))
        {
            problems.Add(new DefinitionProblem(node.Id, path, $"{descriptor.Name} is a list of cases, each with a label and a condition."));
        }

        descriptor.Property.SetValue(node.Activity, new CaseInput { Slot = inputs.Count, Labels = [.. members.Select(m => m.Name)], Items = cases });
        inputs.Add(new CompiledInput(descriptor.Name, null, [.. members], FailuresAreValues: true, IsSecure: node.SecureInputs));
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <param name="isBare">It stands there as <c>{"type","value"}</c>, without an input around it.</param>
    private CompiledExpression Expression(ActivityNode node, JsonElement input, string path, bool isBare = false)
    {
        CheckForm(node, input, path);
        var expression = input.Member("expression");
        if (expression.ValueKind == JsonValueKind.Object)
        {
            path += "/expression";
        }
        else if (isBare && input.Text("type") is not null)
        {
            expression = input;
        }

        var (type, value) = expression.ValueKind == JsonValueKind.Object
            ? (expression.Text("type") ?? "Literal", expression.Member("value"))
            : ("Literal", input);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            (type, value) = ("Literal", JsonValues.Null);
        }

        return type == "Variable" && VariableReference.Id(value) is { } id && Find(id) is null
            ? Refuse(node, $"{path}/value", $"There is no variable '{id}'.")
            : Compiled(node, type, value, path);
    }

    /// <summary>An input whose expression is none would be a literal object with a member of that name.</summary>
    private void CheckForm(ActivityNode node, JsonElement input, string path)
    {
        if (!IsWrapped(input))
        {
            return;
        }

        var expression = input.Member("expression");
        if (expression.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
        {
            problems.Add(new DefinitionProblem(node.Id, $"{path}/expression", "An expression is an object with type and value, such as {\"type\":\"Literal\",\"value\":\"text\"}.", RunsAnyway: true));
        }
        else if (expression.Member("type").ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.String))
        {
            problems.Add(new DefinitionProblem(node.Id, $"{path}/expression/type", $"An expression's type is the name of a language: {string.Join(", ", languages.Names)}."));
        }
    }

    private static bool IsWrapped(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("expression", out _)
            && value.EnumerateObject().All(p => p.Name is "typeName" or "expression" or "memoryReference");

    /// <param name="path">Where its type and value stand.</param>
    private CompiledExpression Compiled(ActivityNode node, string type, JsonElement value, string path)
    {
        if (!languages.TryGet(type, out var language))
        {
            return Refuse(node, $"{path}/type", $"There is no expression language '{type}' here. Known: {string.Join(", ", languages.Names)}.");
        }

        var found = new List<ExpressionProblem>();
        var compiled = language.Compile(value, path, found);
        problems.AddRange(found.Select(p => new DefinitionProblem(node.Id, $"{path}/value", p.Message, p.Line, p.Column, p.IsWarning, RunsAnyway: true)));
        return compiled ?? new RefusedExpression(found.First(p => !p.IsWarning));
    }

    private RefusedExpression Refuse(ActivityNode node, string path, string message)
    {
        problems.Add(new DefinitionProblem(node.Id, path, message, RunsAnyway: true));
        return new RefusedExpression(new ExpressionProblem(message, 0, 0));
    }

    private Variable? Find(string idOrName) =>
        variables.GetValueOrDefault(idOrName) ?? variables.Values.FirstOrDefault(v => v.Name == idOrName);

    private void Check(ActivityNode node, InputDescriptor descriptor, JsonElement constant, string path)
    {
        try
        {
            _ = InputValues.Convert(constant, descriptor.Type);
        }
        catch (ActivityException e)
        {
            problems.Add(new DefinitionProblem(node.Id, path, e.Message, RunsAnyway: true));
        }
    }

    private static void SetWrapped(ActivityNode node, InputDescriptor descriptor, int slot, CompiledInput? input)
    {
        object value = descriptor.IsMap
            ? new InputMap { Slot = slot, Keys = [.. input?.Members?.Select(m => m.Name) ?? []] }
            : Make.MakeGenericMethod(descriptor.Type).Invoke(null, [slot, descriptor.Settings.DefaultValue, input?.Expression?.Constant])!;
        descriptor.Property.SetValue(node.Activity, value);
    }

    private static readonly MethodInfo Make = typeof(InputBinder).GetMethod(nameof(MakeInput), BindingFlags.NonPublic | BindingFlags.Static)!;

    private static readonly MethodInfo MakeDeferredOf = typeof(InputBinder).GetMethod(nameof(MakeDeferred), BindingFlags.NonPublic | BindingFlags.Static)!;

    // It has no slot of its own among the inputs that are evaluated before; any number says that it is set.
    private static Deferred<T> MakeDeferred<T>(CompiledInput? compiled) => new() { Slot = compiled is null ? -1 : 0, Compiled = compiled };

    private static Input<T> MakeInput<T>(int slot, object? @default, JsonElement? constant) => new() { Slot = slot, Default = @default, Constant = constant };

    /// <summary>The value of a bare input that was saved as an expression; undefined when it is empty.</summary>
    private JsonElement Unwrap(ActivityNode node, InputDescriptor descriptor, JsonElement value, string path)
    {
        if (IsWrapped(value))
        {
            CheckForm(node, value, path);
            var expression = value.Member("expression");
            if (expression.Text("type") is { } type and not ("Literal" or "Object" or "Json"))
            {
                problems.Add(new DefinitionProblem(node.Id, $"{path}/expression/type",
                    $"{descriptor.DisplayName} is fixed when the flow is published; it takes a Literal, not a {type} expression."));
                return default;
            }

            value = expression.Member("value");
        }

        // An editor that was cleared saves an empty text, whatever the input's type.
        var isCleared = value.ValueKind == JsonValueKind.String && descriptor.Type != typeof(string) && value.GetString()!.Length == 0;
        return isCleared ? default : value;
    }

    private void SetBare(ActivityNode node, InputDescriptor descriptor, JsonElement value, bool isSet, string path)
    {
        if (descriptor.Type == typeof(VariableReference))
        {
            var id = VariableReference.Id(value);
            var variable = id is null ? null : Find(id);
            if (variable is null && isSet)
            {
                problems.Add(new DefinitionProblem(node.Id, path, $"There is no variable '{id}'."));
            }

            descriptor.Property.SetValue(node.Activity, variable is null ? null : new VariableReference(variable));
            return;
        }

        try
        {
            descriptor.Property.SetValue(node.Activity, isSet ? InputValues.Convert(value, descriptor.Type) : descriptor.Settings.DefaultValue);
        }
        catch (ActivityException e)
        {
            problems.Add(new DefinitionProblem(node.Id, path, e.Message));
        }
    }

    private void BindOutputs(ActivityNode node, JsonElement json)
    {
        var bindings = new List<OutputBinding>();
        var outputs = node.Descriptor.TypeName == FlowActivity.TypeName
            ? FlowActivity.Outputs(json).Select(m => (m.Name, JsonName: m.Name))
            : node.Descriptor.Outputs.Select(o => (o.Name, o.JsonName));
        foreach (var (name, jsonName) in outputs)
        {
            // Elsa binds an output with {"memoryReference":{"id":"<variable id>"}}.
            if (json.Member(jsonName).Member("memoryReference").Text("id") is not { } id)
            {
                continue;
            }

            if (Find(id) is { } variable)
            {
                bindings.Add(new OutputBinding(name, variable));
            }
            else
            {
                problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/{jsonName}", $"There is no variable '{id}'."));
            }
        }

        node.Outputs = [.. bindings];
        foreach (var descriptor in node.Descriptor.Outputs)
        {
            var property = node.Activity.GetType().GetProperty(descriptor.Name)!;
            property.SetValue(node.Activity, Activator.CreateInstance(property.PropertyType, descriptor.Name));
        }
    }
}
