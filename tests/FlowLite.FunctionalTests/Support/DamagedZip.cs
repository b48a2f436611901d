using System.IO.Compression;
using System.Text;

namespace FlowLite.FunctionalTests.Support;

internal static class DamagedZip
{
    /// <summary>A zip of one file, in which another text of the same length stands than the one that went in.</summary>
    public static byte[] Of(string name, string text, string damaged)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            entry.Write(Encoding.UTF8.GetBytes(text));
        }

        var zipped = bytes.ToArray();
        Encoding.UTF8.GetBytes(damaged).CopyTo(zipped, zipped.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)));
        return zipped;
    }
}
