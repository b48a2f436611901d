using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Engine.Secure;

/// <summary>
/// What an activity gave out, as it is kept. An activity that touches nothing outside makes its outputs of its inputs: where these are secure,
/// so are they. What another one gives out comes from elsewhere, and is secure where its author says so; its texts may tell of its inputs all the same.
/// </summary>
internal sealed class KeptResults
{
    private readonly SecureValues _secure;
    private readonly ActivityNode _node;
    private readonly bool _outputsAreSecure;
    private readonly bool _textsAreSecure;

    public KeptResults(SecureValues secure, ActivityNode node, ActivityContext context)
    {
        _secure = secure;
        _node = node;
        var knows = context.IsSecure || context.InputsAreSecure;
        _textsAreSecure = knows || node.SecureOutputs;
        _outputsAreSecure = node.SecureOutputs || context.SignalIsSecure || (knows && node.Descriptor.Effect == Effect.None);
    }

    public JsonElement? Outputs(ActivityContext context) => context.OutputValues is not { } outputs ? null : JsonValues.Object(writer =>
    {
        foreach (var (name, value) in outputs)
        {
            writer.WritePropertyName(name);
            JsonValues.Copy(writer, _secure.Keep(value, _outputsAreSecure));
        }
    });

    /// <exception cref="ActivityException">An output that a variable doesn't take.</exception>
    public Dictionary<string, JsonElement>? Variables(ActivityContext context)
    {
        Dictionary<string, JsonElement>? kept = null;
        foreach (var (id, value) in context.Variables ?? [])
        {
            (kept ??= [])[id] = context.IsKept(id) ? value : _secure.Keep(value, _outputsAreSecure || context.IsSecureVariable(id));
        }

        foreach (var binding in _node.Outputs)
        {
            if (context.OutputValues is { } outputs && (outputs.TryGetValue(binding.Output, out var value) || TryGet(outputs, binding.Output, out value)))
            {
                (kept ??= [])[binding.Variable.Id] = _secure.Keep(binding.Variable.Fit(value), _outputsAreSecure || binding.Variable.IsSecure);
            }
        }

        return kept;
    }

    // What another flow calls its outputs stands in camelCase in the document.
    private static bool TryGet(Dictionary<string, JsonElement> outputs, string name, out JsonElement value)
    {
        var found = outputs.FirstOrDefault(o => o.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
        value = found.Value;
        return found.Key is not null;
    }

    public JsonElement? Items(JsonElement? items) => items is { } list ? _secure.KeepItems(list, _textsAreSecure) : null;

    public IReadOnlyList<string>? Log(ActivityContext context) =>
        context.LogLines is { } lines && _textsAreSecure ? [.. lines.Select(_ => SecureValues.Hidden)] : context.LogLines;

    public string? Text(string? text) => text is not null && _textsAreSecure ? SecureValues.Hidden : text;

    public RunEnding? Ending(RunEnding? ending) =>
        ending is { Failure: { } failure } && _textsAreSecure ? ending with { Failure = new RunFailure(failure.Code, SecureValues.Hidden) } : ending;

    /// <exception cref="ActivityException">A correlation id is there to be searched for, and to wake others by.</exception>
    public RunChanges? Run(ActivityContext context)
    {
        if (context.Run is not { } changes)
        {
            return context.RunBefore;
        }

        if (changes.CorrelationId is { Length: > 0 } && _textsAreSecure)
        {
            throw new ActivityException("InvalidInput", "A secure value can't be a run's correlation id.");
        }

        return (changes with
        {
            Name = Text(changes.Name),
            Outputs = changes.Outputs?.ToDictionary(output => output.Key, output => _secure.Keep(output.Value, _outputsAreSecure)),
        }).After(context.RunBefore);
    }
}
