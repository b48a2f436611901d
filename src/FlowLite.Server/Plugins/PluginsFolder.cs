using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using FlowLite.Engine.Activities;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Plugins;

/// <param name="File">Its path in the folder.</param>
/// <param name="Types">The activities that it brings.</param>
/// <param name="Problem">Why it was left out as a whole; null: it was not.</param>
public sealed record Plugin(string File, IReadOnlyList<string> Types, string? Problem);

/// <summary>
/// Activities that the operator has written: every <c>{name}.dll</c> at the top of the folder, and <c>{name}/{name}.dll</c> with what it
/// needs beside it. One that can't be used is reported and left out; the server starts without it.
/// </summary>
public sealed class PluginsFolder(FlowLiteOptions options, ILogger<PluginsFolder> logger)
{
    private static readonly string Engine = typeof(Activity).Assembly.GetName().Name!;

    /// <summary>What became of each, once the activities are registered.</summary>
    public IReadOnlyList<Plugin> Plugins { get; private set; } = [];

    /// <summary>Adds the plugins' activities, in the order of their files: of two with the same type name the first one stays.</summary>
    public ActivityRegistry AddTo(ActivityRegistry registry)
    {
        var root = options.PluginsDirectory;
        var plugins = new List<Plugin>();
        foreach (var file in root is not null && Directory.Exists(root) ? Find(root) : [])
        {
            if (Load(file, Path.GetRelativePath(root!, file), registry) is { } plugin)
            {
                plugins.Add(plugin);
                Report(plugin);
            }
        }

        Plugins = plugins;
        return registry;
    }

    private static IEnumerable<string> Find(string root) =>
        Directory.EnumerateFiles(root, "*.dll")
            .Concat(Directory.EnumerateDirectories(root).Select(folder => Path.Combine(folder, Path.GetFileName(folder) + ".dll")))
            .Order(StringComparer.Ordinal);

    private static Plugin? Load(string file, string name, ActivityRegistry registry)
    {
        try
        {
            if (!UsesTheEngine(file))
            {
                // Something that a plugin needs.
                return null;
            }

            var types = ActivityRegistry.In(new PluginContext(file).LoadFromAssemblyPath(file)).ToList();
            return types.Count == 0
                ? new Plugin(name, [], "It has no public class with [Activity].")
                : new Plugin(name, registry.Add(types), null);
        }
        // It is somebody else's code that runs here: whatever it throws is its own problem.
        catch (Exception e)
        {
            return new Plugin(name, [], Describe(e, name));
        }
    }

    /// <summary>Read from its tables, so that nothing of what is no plugin is loaded.</summary>
    private static bool UsesTheEngine(string file)
    {
        using var reader = new PEReader(File.OpenRead(file));
        if (!reader.HasMetadata)
        {
            throw new BadImageFormatException();
        }

        var metadata = reader.GetMetadataReader();
        return metadata.AssemblyReferences.Any(handle => metadata.StringComparer.Equals(metadata.GetAssemblyReference(handle).Name, Engine));
    }

    private static string Describe(Exception exception, string name) => exception switch
    {
        BadImageFormatException => "It is no .NET assembly, or one for another platform.",
        FileNotFoundException { FileName: null } or DirectoryNotFoundException => "It is not there.",
        FileNotFoundException e when e.FileName?.EndsWith(name, StringComparison.Ordinal) == true => "It is not there.",
        FileNotFoundException or FileLoadException => $"Something that it needs is missing, or has another version: {exception.Message}",
        ReflectionTypeLoadException e => $"It was not built for this version of FlowLite: {string.Join(" ", e.LoaderExceptions.OfType<Exception>().Select(inner => inner.Message).Distinct())}",
        TypeLoadException or MissingMemberException => $"It was not built for this version of FlowLite: {exception.Message}",
        TargetInvocationException { InnerException: { } inner } => Describe(inner, name),
        ArgumentException => exception.Message,
        _ => $"{exception.GetType().Name}: {exception.Message}",
    };

    private void Report(Plugin plugin)
    {
        if (plugin.Problem is { } problem)
        {
            Log.PluginSkipped(logger, plugin.File, problem);
        }
        else
        {
            Log.PluginLoaded(logger, plugin.File, string.Join(", ", plugin.Types));
        }
    }
}
