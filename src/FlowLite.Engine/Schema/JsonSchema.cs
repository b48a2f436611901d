using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>
/// A compiled JSON schema, draft-04 (draft-zyp-json-schema-04, draft-fge-json-schema-validation-00).
/// Immutable and safe to share between threads. Nothing remote is ever fetched.
/// </summary>
/// <remarks>
/// <c>1.0</c> and <c>1e2</c> are numbers but not integers, as draft-04 defines them by their text.
/// A nested <c>id</c> changes the base of the <c>$ref</c>s below it, so "#/definitions/x" under one is looked up in that subschema.
/// </remarks>
public sealed class JsonSchema
{
    private readonly SchemaNode _root;
    private readonly bool _allowNull;

    private JsonSchema(SchemaNode root, bool allowNull)
    {
        _root = root;
        _allowNull = allowNull;
    }

    /// <summary>Compiles a schema; keeps its own copy, so the document may be disposed afterwards.</summary>
    /// <param name="schema">An object. <c>$schema</c> of any draft is accepted and read as draft-04.</param>
    /// <param name="options">Null means strict draft-04.</param>
    /// <exception cref="JsonSchemaException">
    /// A keyword of the wrong type, a bad regex, a <c>$ref</c> that is remote or resolves to nothing, or one that leads back to itself.
    /// </exception>
    public static JsonSchema Compile(JsonElement schema, JsonSchemaOptions? options = null)
    {
        options ??= new JsonSchemaOptions();
        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw new JsonSchemaException("", "A schema must be an object.");
        }

        try
        {
            return new JsonSchema(SchemaCompiler.Compile(schema.Clone(), options), options.AllowNullInOptional);
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonSchemaException("", "The schema holds text that is not valid Unicode.", exception);
        }
        catch (InsufficientExecutionStackException exception)
        {
            throw new JsonSchemaException("", "The schema is nested too deeply.", exception);
        }
    }

    /// <summary>Whether the instance matches; stops at the first mismatch and builds no messages. Never throws.</summary>
    public bool IsValid(JsonElement instance)
    {
        var evaluation = new SchemaEvaluation(null, _allowNull);
        return evaluation.Run(_root, instance);
    }

    /// <summary>Every mismatch, at most 100; empty exactly when <see cref="IsValid"/>. Never throws.</summary>
    /// <remarks>A value that cannot be judged (text that is not Unicode, a regex over its 200 ms) is an error and ends the validation.</remarks>
    public IReadOnlyList<JsonSchemaError> Validate(JsonElement instance)
    {
        var errors = new List<JsonSchemaError>();
        var evaluation = new SchemaEvaluation(errors, _allowNull);
        evaluation.Run(_root, instance);
        return errors;
    }
}
