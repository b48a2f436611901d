namespace FlowLite.Engine.Schema;

/// <summary>A schema that cannot be compiled: not valid draft-04, or a reference that leads nowhere.</summary>
public sealed class JsonSchemaException : Exception
{
    internal JsonSchemaException(string path, string message, Exception? cause = null)
        : base(message, cause) => Path = path;

    /// <summary>JSON pointer into the schema, down to the keyword at fault; "" is the root.</summary>
    public string Path { get; }
}
