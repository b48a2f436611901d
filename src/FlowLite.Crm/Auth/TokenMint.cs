using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace FlowLite.Crm.Auth;

/// <summary>
/// Makes and checks bearer tokens without storing them: expiry (8 bytes, Unix seconds), 8 random bytes, HMAC-SHA256 of both.
/// </summary>
internal sealed class TokenMint(byte[] key, TimeProvider time)
{
    private const int PayloadSize = 16;
    private const int TokenSize = PayloadSize + HMACSHA256.HashSizeInBytes;

    /// <summary>Azure AD's usual answer for a token of an hour.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(3599);

    public string Issue()
    {
        Span<byte> token = stackalloc byte[TokenSize];
        BinaryPrimitives.WriteInt64BigEndian(token, (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds());
        RandomNumberGenerator.Fill(token[8..PayloadSize]);
        HMACSHA256.HashData(key, token[..PayloadSize], token[PayloadSize..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Whether this mint made the token and it has not expired. Takes the same time for every wrong signature.</summary>
    public bool IsValid(ReadOnlySpan<char> text)
    {
        Span<byte> token = stackalloc byte[TokenSize];
        // The Try method throws on characters that are not base64url; this one says so in its status.
        if (Base64Url.DecodeFromChars(text, token, out var consumed, out var written) != OperationStatus.Done || consumed != text.Length || written != TokenSize)
        {
            return false;
        }

        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, token[..PayloadSize], signature);
        return CryptographicOperations.FixedTimeEquals(signature, token[PayloadSize..])
            && time.GetUtcNow().ToUnixTimeSeconds() < BinaryPrimitives.ReadInt64BigEndian(token);
    }
}
