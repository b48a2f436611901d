namespace FlowLite.Engine.Schema;

/// <summary>Departures from draft-04 that keep leads; the request trigger has both on, everything else is strict.</summary>
/// <param name="AllowNullInOptional">
/// A null passes any schema of a property that the same schema object does not list in <c>required</c>.
/// An undeclared property under <c>additionalProperties: false</c> stays rejected, null or not; <c>not</c> is always strict.
/// </param>
/// <param name="IgnoreKeyCase">
/// <c>properties</c>, <c>required</c> and <c>dependencies</c> match a key exactly first, then ignoring case (ordinal).
/// <c>patternProperties</c> stay case-sensitive, as their regexes say.
/// </param>
public sealed record JsonSchemaOptions(bool AllowNullInOptional = false, bool IgnoreKeyCase = false);
