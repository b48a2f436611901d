using System.Collections.Frozen;

namespace FlowLite.Server.Studio;

/// <summary>
/// The files of the npm package <c>@elsa-workflows/elsa-studio-wasm</c>, as they are. A published server has them in
/// <c>studio/</c> beside it; a built one finds them where its build installed them, which stands in <c>studio.location</c>.
/// </summary>
public sealed class StudioPackage
{
    // The package's sample page, which is of an older version and names fonts of another origin.
    private static readonly string[] Unserved = ["index.html", "package.json"];

    private readonly FrozenDictionary<string, ServedFile> _files;

    /// <param name="folder">Null or a folder that does not exist: it isn't installed.</param>
    public StudioPackage(string? folder)
    {
        _files = (folder is null || !Directory.Exists(folder) ? [] : Files(folder)).ToFrozenDictionary(f => f.Path, f => f.File, StringComparer.Ordinal);
    }

    /// <summary>Without it the pages tell how to get it.</summary>
    public bool IsInstalled => _files.ContainsKey("_framework/blazor.webassembly.js");

    /// <param name="path">As in the package: <c>_framework/dotnet.js</c>.</param>
    internal ServedFile? Find(string path) => _files.GetValueOrDefault(path);

    /// <param name="beside">The folder of the server's program.</param>
    public static StudioPackage Locate(string beside)
    {
        var published = Path.Combine(beside, "studio");
        if (Directory.Exists(published))
        {
            return new StudioPackage(published);
        }

        var location = Path.Combine(beside, "studio.location");
        return new StudioPackage(File.Exists(location) ? File.ReadAllText(location).Trim() : null);
    }

    private static IEnumerable<(string Path, ServedFile File)> Files(string folder)
    {
        var all = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
            .ToHashSet(StringComparer.Ordinal);
        return all
            .Where(path => !IsCompanion(path) && !path.EndsWith(".map", StringComparison.Ordinal) && !Unserved.Contains(path))
            .Select(path => (path, new ServedFile(
                Path.Combine(folder, path), path, all.Contains(path + ".br"), all.Contains(path + ".gz"), IsFingerprinted(path))));

        bool IsCompanion(string path) => Path.GetExtension(path) is ".br" or ".gz" && all.Contains(path[..^3]);
    }

    /// <summary>Blazor's build names what it makes <c>name.&lt;ten characters of its hash&gt;.wasm</c>.</summary>
    private static bool IsFingerprinted(string path) =>
        path.StartsWith("_framework/", StringComparison.Ordinal)
        && Path.GetFileNameWithoutExtension(path).Split('.') is [_, .., { Length: 10 } hash]
        && hash.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));
}
