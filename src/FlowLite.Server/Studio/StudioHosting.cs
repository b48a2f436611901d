using System.Collections.Frozen;
using System.Reflection;

namespace FlowLite.Server.Studio;

/// <summary>
/// The files that browsers load: Elsa Studio's under <c>/studio</c>, the pages' own under <c>/assets</c>. They are open
/// without sign-in: the one is a public package, the other the look of the sign-in page, and neither holds anything of the
/// administrator's.
/// </summary>
internal static class StudioHosting
{
    private const string Folder = "wwwroot/";

    private static readonly FrozenDictionary<string, byte[]> Assets = ReadAssets();

    public static void MapStudioFiles(this IEndpointRouteBuilder endpoints)
    {
        string[] reading = [HttpMethods.Get, HttpMethods.Head];
        endpoints.MapMethods("/studio/{**file}", reading, ServeStudio).AllowAnonymous();
        endpoints.MapMethods("/assets/{**file}", reading, ServeAsset).AllowAnonymous();
    }

    private static IResult ServeStudio(string? file, HttpContext context, StudioPackage package) =>
        file is not null && package.Find(file) is { } found ? found.Serve(context) : Results.NotFound();

    private static IResult ServeAsset(string? file, HttpContext context)
    {
        if (file is null || !Assets.TryGetValue(file, out var content))
        {
            return Results.NotFound();
        }

        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.Bytes(content, ServedFile.TypeOf(file), entityTag: ServedFile.TagOf(content));
    }

    private static FrozenDictionary<string, byte[]> ReadAssets()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Folder.Length..], Read, StringComparer.Ordinal);

        byte[] Read(string name)
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
    }
}
