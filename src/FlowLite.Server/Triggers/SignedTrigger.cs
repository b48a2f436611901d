using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FlowLite.Activities.Http;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Schema;
using Microsoft.Extensions.Primitives;

namespace FlowLite.Server.Triggers;

/// <summary>
/// A trigger as its URL's callers see it: everything that is the same for all requests, made once for each published version.
/// A trigger that can start nothing now still knows its signatures, so that what is sent to it is kept.
/// </summary>
internal sealed class SignedTrigger
{
    public const int DefaultMaxBodySize = 10 * 1024 * 1024;

    public required string DefinitionId { get; init; }
    public required string Name { get; init; }
    public required TriggerSignatures Signatures { get; init; }
    /// <summary>Null: there is nothing to start, see <see cref="Disabled"/>.</summary>
    public CompiledWorkflow? Workflow { get; init; }
    public string Disabled { get; init; } = "";
    public string ActivityId { get; init; } = "";
    /// <summary>Null: not known without a published version, any will do.</summary>
    public string? Method { get; init; }
    public PathTemplate? Path { get; init; }
    public JsonSchema? Schema { get; init; }
    public int MaxBodySize { get; init; } = DefaultMaxBodySize;
    public int? WaitingLimit { get; init; }
    /// <summary>A Response activity answers the caller.</summary>
    public bool IsSynchronous { get; init; }
    /// <summary>x-ms-workflow-name, as text that a header can hold.</summary>
    public string HeaderName { get; init; } = "";
    /// <summary>x-ms-workflow-id, likewise.</summary>
    public required string HeaderId { get; init; }

    /// <summary>Every key is compared, each in constant time, whatever the others gave.</summary>
    /// <param name="expiry">The URL's <c>se</c>; whether that is past is not looked at.</param>
    public bool IsSigned(StringValues permission, StringValues version, StringValues expiry, string signature)
    {
        var matches = false;
        foreach (var expected in expiry.Count == 0 ? Signatures.Lasting : expiry is [{ } text] ? Signatures.Until(text) : [])
        {
            matches |= CryptographicOperations.FixedTimeEquals(Bytes(signature), Bytes(expected));
        }

        return matches
            && permission.Count == 1 && permission[0] == TriggerUrls.Permission(Name)
            && version.Count == 1 && version[0] == TriggerUrls.SignatureVersion;

        static ReadOnlySpan<byte> Bytes(string text) => MemoryMarshal.AsBytes(text.AsSpan());
    }
}

/// <summary>The signatures that open a trigger; several keys, so several.</summary>
/// <param name="Lasting">Of its URLs that don't expire.</param>
/// <param name="Until">Of a URL with that <c>se</c>.</param>
internal sealed record TriggerSignatures(IReadOnlyList<string> Lasting, Func<string, IReadOnlyList<string>> Until)
{
    public static readonly TriggerSignatures None = new([], _ => []);
}
