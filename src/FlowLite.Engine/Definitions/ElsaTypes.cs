namespace FlowLite.Engine.Definitions;

/// <summary>The short names by which Elsa's JSON calls the types of inputs and variables.</summary>
public static class ElsaTypes
{
    private static readonly Dictionary<Type, string> Names = new()
    {
        [typeof(string)] = "String",
        [typeof(bool)] = "Boolean",
        [typeof(int)] = "Int32",
        [typeof(long)] = "Int64",
        [typeof(double)] = "Double",
        [typeof(decimal)] = "Decimal",
        [typeof(DateTimeOffset)] = "DateTimeOffset",
        [typeof(TimeSpan)] = "TimeSpan",
        [typeof(Guid)] = "Guid",
    };

    /// <summary>Anything without a name of its own is an <c>Object</c>; arrays are <c>String[]</c> and the like.</summary>
    public static string Alias(Type type)
    {
        if (type.IsArray)
        {
            return $"{Alias(type.GetElementType()!)}[]";
        }

        return Names.GetValueOrDefault(Nullable.GetUnderlyingType(type) ?? type, "Object");
    }
}
