using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace FlowLite.Server.Hosting;

/// <summary>The folder in which the server keeps everything; it and the secrets in it are for its own user only.</summary>
public sealed class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the folder if it is missing.</summary>
    /// <exception cref="StartupException">It can't be made or written.</exception>
    public DataDirectory(string path)
    {
        Root = path;
        try
        {
            MakePrivate(path);
            MakePrivate(KeyRing);
            Probe();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data directory '{path}' can't be written: {e.Message} Set FlowLite__DataDirectory to a folder that can.", e);
        }
    }

    public string Root { get; }

    /// <summary>Keys of Data Protection. Without them neither signing keys nor secrets can be read: back them up with the rest.</summary>
    public string KeyRing => Path.Combine(Root, "keys");

    public string Crm => Path.Combine(Root, "crm");

    /// <summary>What CRMs have said of their tables; it can be deleted at any time.</summary>
    public string CrmMetadata => Path.Combine(Root, "crm-metadata.json");

    public string AdminPassword => Path.Combine(Root, "admin-password");

    /// <summary>Ids of sessions that were signed out of.</summary>
    public string EndedSessions => Path.Combine(Root, "ended-sessions");

    private string CrmClientSecret => Path.Combine(Root, "crm-client-secret");

    /// <summary>The secret with which the server signs in to its embedded CRM: made once, kept encrypted.</summary>
    public string LoadCrmClientSecret(IDataProtectionProvider protection)
    {
        var protector = protection.CreateProtector("FlowLite.Crm.ClientSecret");
        if (File.Exists(CrmClientSecret))
        {
            try
            {
                return protector.Unprotect(File.ReadAllText(CrmClientSecret));
            }
            catch (CryptographicException)
            {
                // The key ring is gone. Nobody else knows the secret, so another one is as good.
            }
        }

        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        WriteSecret(CrmClientSecret, protector.Protect(secret));
        return secret;
    }

    /// <summary>Whether the folder takes a file now.</summary>
    public bool IsWritable()
    {
        try
        {
            Probe();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Replaces a file that only the server's user may read, all of it or nothing.</summary>
    public static void WriteSecret(string file, string text)
    {
        var temporary = file + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }

    private void Probe()
    {
        using var probe = new FileStream(
            Path.Combine(Root, $".probe-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}"),
            FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        probe.WriteByte(1);
    }

    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }
}
