using System.Security.Cryptography;
using System.Text;

namespace FlowLite.Crm.Auth;

/// <summary>The random secret of one data directory; the keys for tokens and the made-up ids are derived from it.</summary>
internal sealed class CrmSecret
{
    private const int Size = 32;

    private readonly byte[] _secret;

    private CrmSecret(byte[] secret) => _secret = secret;

    /// <summary>Reads <c>crm.key</c>, or makes it: 32 random bytes that only the owner may read (0600).</summary>
    /// <exception cref="InvalidDataException">The file is there but is not such a secret.</exception>
    public static CrmSecret Load(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "crm.key");
        if (!File.Exists(path))
        {
            Create(path);
        }

        var secret = File.ReadAllBytes(path);
        return secret.Length == Size ? new CrmSecret(secret) : throw new InvalidDataException($"{path} does not hold {Size} bytes.");
    }

    /// <summary>32 bytes that belong to one purpose.</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, Size, info: Encoding.UTF8.GetBytes(purpose));

    private static void Create(string path)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(temporary, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Size));
            file.Flush(flushToDisk: true);
        }

        // The name appears only with the whole content behind it.
        File.Move(temporary, path);
    }
}
