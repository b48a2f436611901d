using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowLite.Server.Crm;

/// <summary>Keeps what CRMs have said of their tables, so that their forms are there when they are not.</summary>
/// <param name="path">A file in the data directory; it can be deleted at any time.</param>
internal sealed class CrmMetadataFile(string path)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Empty when there is none or it can't be read.</summary>
    public IReadOnlyList<KnownCrm> Read()
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<List<KnownCrm>>(stream, Json) ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    /// <summary>Replaces the file, all of it or nothing.</summary>
    public void Write(IReadOnlyList<KnownCrm> known)
    {
        try
        {
            var temporary = path + ".new";
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(known, Json));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It costs the next start its forms until the CRM has answered; nothing is lost.
        }
    }
}
