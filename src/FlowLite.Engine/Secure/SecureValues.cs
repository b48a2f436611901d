using System.Text.Json;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Secure;

/// <summary>
/// Secure values. Whatever is kept of a run holds them sealed: <c>{"$secure":"encrypted"}</c> stands for the value, in events, state, snapshots and
/// stored values alike. They are opened only when an expression or an activity reads them, and what is made of them is sealed again; so a
/// value is secure wherever it goes, and nothing that reads a journal has to know which ones are. What goes out has
/// <c>{"$secure":"redacted"}</c> in their place.
/// </summary>
public sealed class SecureValues(IValueProtector protector)
{
    /// <summary>What people read where texts would tell of secure values.</summary>
    public const string Hidden = "Not shown: the activity's values are secure.";

    private const string Member = "$secure";
    private const string Redacted = "redacted";

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = Runs.RunJournal.MaxDepth };

    /// <summary>What stands for a secure value where people look.</summary>
    public static readonly JsonElement RedactedValue = JsonValues.Object(writer => writer.WriteString(Member, Redacted));

    /// <summary>
    /// A value as it is kept. What somebody sent that merely looks sealed is sealed too, so that what is kept and looks sealed, is.
    /// </summary>
    public JsonElement Keep(JsonElement value, bool isSecure) => isSecure || SealedText.IsIn(value) ? Seal(value) : value;

    /// <summary>A JSON object with each member as it is kept.</summary>
    /// <param name="shown">The member that is not secure, whatever the others are.</param>
    public JsonElement KeepMembers(JsonElement value, bool isSecure, string? shown = null) =>
        !isSecure && !SealedText.IsIn(value) ? value
        : value.ValueKind != JsonValueKind.Object || SealedText.Of(value) is not null ? Keep(value, isSecure)
        : JsonValues.Object(writer =>
        {
            foreach (var member in value.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                JsonValues.Copy(writer, Keep(member.Value, isSecure && member.Name != shown));
            }
        });

    /// <summary>What was kept, sealed as a whole; what can't be opened here stays as it is.</summary>
    public JsonElement KeepWhole(JsonElement kept)
    {
        try
        {
            return Seal(Open(kept));
        }
        catch (SecureValueLostException)
        {
            return kept;
        }
    }

    /// <summary>A list with each item as it is kept: how many there are is no secret.</summary>
    public JsonElement KeepItems(JsonElement list, bool isSecure) =>
        !isSecure && !SealedText.IsIn(list) ? list
        : JsonValues.Write((this, list, isSecure), static (writer, state) =>
        {
            writer.WriteStartArray();
            foreach (var item in state.list.EnumerateArray())
            {
                state.Item1.Keep(item, state.isSecure).WriteTo(writer);
            }

            writer.WriteEndArray();
        });

    /// <summary>What was kept, with everything sealed in it opened.</summary>
    /// <exception cref="SecureValueLostException">It can't be opened here.</exception>
    public JsonElement Open(JsonElement kept) => SealedText.IsIn(kept) ? Rewrite(kept, this) : kept;

    /// <summary>Whether something in what was kept is sealed.</summary>
    public static bool AreIn(JsonElement kept) => SealedText.IsIn(kept);

    /// <summary>What was kept, for people: with everything sealed in it left out.</summary>
    public static JsonElement Redact(JsonElement kept) => SealedText.IsIn(kept) ? Rewrite(kept, null) : kept;

    private JsonElement Seal(JsonElement value) => JsonValues.Object(writer => writer.WriteString(Member, protector.Protect(value.GetRawText())));

    private static JsonElement Rewrite(JsonElement value, SecureValues? opener) =>
        JsonValues.Write((value, opener), static (writer, state) => Rewrite(writer, state.value, state.opener));

    private static void Rewrite(Utf8JsonWriter writer, JsonElement value, SecureValues? opener)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when SealedText.Of(value) is { } text:
                (opener?.Unseal(text) ?? RedactedValue).WriteTo(writer);
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Rewrite(writer, member.Value, opener);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Rewrite(writer, item, opener);
                }

                writer.WriteEndArray();
                break;
            default:
                JsonValues.Copy(writer, value);
                break;
        }
    }

    private JsonElement Unseal(string text) => (text == Redacted ? null : protector.Unprotect(text)) is { } json
        ? JsonElement.Parse(json, Nesting)
        : throw new SecureValueLostException();
}

/// <summary>A secure value can't be opened here. What needs it fails.</summary>
public sealed class SecureValueLostException() : ExpressionException(
    "A secure value of this run can't be read here: it was left out when the run was exported, or encrypted with another key ring (the folder 'keys').")
{
    public const string Code = "SecureValueLost";

    /// <summary>Null: it was something else that failed.</summary>
    public static SecureValueLostException? In(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SecureValueLostException lost)
            {
                return lost;
            }
        }

        return null;
    }
}
