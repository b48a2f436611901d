namespace FlowLite.Engine.Schema;

/// <summary>One mismatch between an instance and its schema.</summary>
/// <param name="Path">JSON pointer (RFC 6901) into the instance; "" is the root.</param>
/// <param name="Keyword">The schema keyword that failed, such as <c>maxLength</c>.</param>
/// <param name="Message">A sentence for people, worded as Flow words it where Flow has the case.</param>
public sealed record JsonSchemaError(string Path, string Keyword, string Message);
