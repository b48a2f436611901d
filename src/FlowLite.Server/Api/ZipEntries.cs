using System.IO.Compression;

namespace FlowLite.Server.Api;

/// <summary>Tells whether what came out of a zip is what went in: the framework unpacks a damaged entry without a word.</summary>
internal static class ZipEntries
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <exception cref="InvalidDataException">The checksum that the zip gives of it is another one.</exception>
    public static void Check(this ZipArchiveEntry entry, ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var b in content)
        {
            crc = Table[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        if (~crc != entry.Crc32)
        {
            throw new InvalidDataException($"{entry.FullName} is damaged: its checksum is wrong.");
        }
    }

    private static uint Entry(int index)
    {
        var crc = (uint)index;
        for (var bit = 0; bit < 8; bit++)
        {
            crc = (crc & 1) == 0 ? crc >> 1 : 0xEDB88320 ^ (crc >> 1);
        }

        return crc;
    }
}
