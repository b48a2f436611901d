using System.Text.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Engine.Secure;

/// <summary>A run's events with what is sealed in them opened, or left out.</summary>
public static class SecureEvents
{
    /// <summary>As they may go out: with <c>{"$secure":"redacted"}</c> in the place of what is sealed.</summary>
    public static RunEvent Redact(RunEvent @event) => Map(@event, SecureValues.Redact);

    /// <exception cref="SecureValueLostException">Something can't be opened here.</exception>
    public static RunEvent Open(RunEvent @event, SecureValues secure) => Map(@event, secure.Open);

    /// <summary>Whether something in it is sealed, or was left out.</summary>
    internal static bool AreIn(RunEvent @event) => !ReferenceEquals(Redact(@event), @event);

    /// <returns>The same object where nothing is sealed.</returns>
    private static RunEvent Map(RunEvent @event, Func<JsonElement, JsonElement> map) => @event switch
    {
        RunStarted e when AreIn(e.Trigger) || AreIn(e.Input) => e with { Trigger = Map(e.Trigger, map), Input = Map(e.Input, map) },
        ActivityEvent e => Map(MapOutputs(MapVariables(e, map), map), map),
        _ => @event,
    };

    private static ActivityEvent MapVariables(ActivityEvent @event, Func<JsonElement, JsonElement> map) =>
        @event.Variables is { } variables && variables.Values.Any(SecureValues.AreIn) ? @event with { Variables = Map(variables, map) } : @event;

    // Whatever it does besides, an activity may set outputs of its run.
    private static ActivityEvent MapOutputs(ActivityEvent @event, Func<JsonElement, JsonElement> map) =>
        @event.Run is { Outputs: { } outputs } run && outputs.Values.Any(SecureValues.AreIn) ? @event with { Run = run with { Outputs = Map(outputs, map) } } : @event;

    private static ActivityEvent Map(ActivityEvent @event, Func<JsonElement, JsonElement> map) => @event switch
    {
        EffectIntended e when AreIn(e.Inputs) => e with { Inputs = Map(e.Inputs, map) },
        ActivityEntered e when AreIn(e.Inputs) || AreIn(e.Items) || AreIn(e.Outputs) =>
            e with { Inputs = Map(e.Inputs, map), Items = Map(e.Items, map), Outputs = Map(e.Outputs, map) },
        ActivityFailed e when AreIn(e.Inputs) => e with { Inputs = Map(e.Inputs, map) },
        ActivitySuspended e when AreIn(e.Inputs) || e.Bookmarks?.Any(b => AreIn(b.Payload)) == true =>
            e with { Inputs = Map(e.Inputs, map), Bookmarks = e.Bookmarks is null ? null : [.. e.Bookmarks.Select(b => b with { Payload = Map(b.Payload, map) })] },
        SignalReceived e when AreIn(e.Payload) => e with { Payload = Map(e.Payload, map) },
        ActivityCompleted e when AreIn(e.Inputs) || AreIn(e.Outputs) => e with { Inputs = Map(e.Inputs, map), Outputs = Map(e.Outputs, map) },
        _ => @event,
    };

    private static bool AreIn(JsonElement? value) => value is { } json && SecureValues.AreIn(json);

    private static JsonElement? Map(JsonElement? value, Func<JsonElement, JsonElement> map) => value is { } json ? map(json) : null;

    private static Dictionary<string, JsonElement> Map(IReadOnlyDictionary<string, JsonElement> values, Func<JsonElement, JsonElement> map) =>
        values.ToDictionary(value => value.Key, value => map(value.Value));
}
