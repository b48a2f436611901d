using System.Text.Json;
using FlowLite.Engine.Json;
using Fluid.Values;

namespace FlowLite.Engine.Expressions.Liquid;

/// <summary>JSON as Liquid sees it: objects are looked into only where a template asks.</summary>
internal static class LiquidValues
{
    /// <exception cref="InvalidOperationException">A text holds half a surrogate pair.</exception>
    public static FluidValue FromJson(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                return new DictionaryValue(new JsonMembers(json));
            case JsonValueKind.Array:
                var items = new List<FluidValue>(json.GetArrayLength());
                foreach (var item in json.EnumerateArray())
                {
                    items.Add(FromJson(item));
                }

                return new ArrayValue(items);
            case JsonValueKind.String:
                return new StringValue(json.GetString()!, encode: false);
            case JsonValueKind.Number:
                return Number(json);
            case JsonValueKind.True:
                return BooleanValue.True;
            case JsonValueKind.False:
                return BooleanValue.False;
            default:
                return NilValue.Instance;
        }
    }

    // Elsa's values: what fits 64 bits is exact, the others have 15 digits. Beyond decimal a number is its text.
    private static FluidValue Number(JsonElement json)
    {
        if (json.TryGetInt64(out var whole))
        {
            return NumberValue.Create(whole);
        }

        var number = json.GetDouble();
        return Math.Abs(number) < 7.9e28 ? NumberValue.Create((decimal)number) : new StringValue(json.GetRawText());
    }
}

internal sealed class JsonMembers(JsonElement json) : IFluidIndexable
{
    public int Count => json.GetPropertyCount();

    public IEnumerable<string> Keys => json.EnumerateObject().Select(member => member.Name);

    /// <summary>Exactly, else ignoring case.</summary>
    public bool TryGetValue(string name, out FluidValue value)
    {
        var found = JsonValues.TryGetMember(json, name, out var member);
        value = found ? LiquidValues.FromJson(member) : NilValue.Instance;
        return found;
    }
}

/// <summary>Variables, inputs or actions by name.</summary>
internal sealed class NamedMembers(IEnumerable<string> names, Func<string, JsonElement> find) : IFluidIndexable
{
    public int Count => names.Count();

    public IEnumerable<string> Keys => names;

    public bool TryGetValue(string name, out FluidValue value)
    {
        var found = find(name);
        value = LiquidValues.FromJson(found);
        return found.ValueKind != JsonValueKind.Undefined;
    }
}
