using System.Text.Json;
using FlowLite.Engine.Compilation;

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
        [typeof(JsonElement)] = "JsonElement",
        [typeof(VariableReference)] = "Variable",
    };

    /// <summary>
    /// Enumerations are called by their own name. Anything else without a name is an <c>Object</c>; arrays are <c>String[]</c>,
    /// lists <c>List&lt;String&gt;</c> and the like.
    /// </summary>
    public static string Alias(Type type)
    {
        if (type.IsArray)
        {
            return $"{Alias(type.GetElementType()!)}[]";
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            return $"List<{Alias(type.GetGenericArguments()[0])}>";
        }

        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain.IsEnum ? plain.Name : Names.GetValueOrDefault(plain, "Object");
    }
}
