using System.IO.Compression;
using System.IO.Hashing;

namespace FlowLite.Server.Api;

/// <summary>Tells whether what came out of a zip is what went in: the framework unpacks a damaged entry without a word.</summary>
internal static class ZipEntries
{
    /// <exception cref="InvalidDataException">The checksum that the zip gives of it is another one.</exception>
    public static void Check(this ZipArchiveEntry entry, ReadOnlySpan<byte> content)
    {
        if (Crc32.HashToUInt32(content) != entry.Crc32)
        {
            throw new InvalidDataException($"{entry.FullName} is damaged: its checksum is wrong.");
        }
    }
}
