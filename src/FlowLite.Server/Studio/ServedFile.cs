using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace FlowLite.Server.Studio;

/// <summary>A file on disk with its compressed companions (<c>.br</c>, <c>.gz</c>), served as a browser asks for it.</summary>
/// <param name="isFingerprinted">Its name changes with its content, so it may be kept for good.</param>
internal sealed class ServedFile(string file, string path, bool hasBrotli, bool hasGzip, bool isFingerprinted)
{
    private static readonly FileExtensionContentTypeProvider Types = new();

    private readonly string _type = TypeOf(path);
    private readonly Dictionary<string, Lazy<EntityTagHeaderValue>> _tags = ((string[])["", ".br", ".gz"])
        .ToDictionary(suffix => suffix, suffix => new Lazy<EntityTagHeaderValue>(() => TagOf(File.ReadAllBytes(file + suffix))));

    /// <returns>200 or 304 with the headers that belong to it.</returns>
    public IResult Serve(HttpContext context)
    {
        var suffix = Best(context.Request);
        var headers = context.Response.Headers;
        headers.CacheControl = isFingerprinted ? "public, max-age=31536000, immutable" : "no-cache";
        headers.XContentTypeOptions = "nosniff";
        if (hasBrotli || hasGzip)
        {
            headers.Vary = HeaderNames.AcceptEncoding;
        }

        if (suffix.Length > 0)
        {
            headers.ContentEncoding = suffix == ".br" ? "br" : "gzip";
        }

        return Results.File(file + suffix, _type, entityTag: _tags[suffix].Value);
    }

    internal static EntityTagHeaderValue TagOf(ReadOnlySpan<byte> content) =>
        new($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12))}\"");

    internal static string TypeOf(string path)
    {
        var type = Types.TryGetContentType(path, out var known) ? known : "application/octet-stream";
        return type.StartsWith("text/", StringComparison.Ordinal) ? type + "; charset=utf-8" : type;
    }

    private string Best(HttpRequest request)
    {
        if (hasBrotli && Accepts(request, "br"))
        {
            return ".br";
        }

        return hasGzip && Accepts(request, "gzip") ? ".gz" : "";
    }

    private static bool Accepts(HttpRequest request, string encoding) =>
        request.GetTypedHeaders().AcceptEncoding.Any(a => a.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && a.Quality is not 0);
}
