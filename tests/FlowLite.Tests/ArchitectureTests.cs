using System.Xml.Linq;

namespace FlowLite.Tests;

/// <summary>The rules that keep the solution straight: who may depend on whom, and how long a file may get.</summary>
public sealed class ArchitectureTests
{
    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("FlowLite.Engine", "")]
    [InlineData("FlowLite.Activities", "FlowLite.Engine")]
    [InlineData("FlowLite.Persistence", "FlowLite.Engine")]
    [InlineData("FlowLite.Crm", "")]
    [InlineData("FlowLite.Server", "FlowLite.Activities FlowLite.Crm FlowLite.Engine FlowLite.Persistence")]
    public void ProjectReferences_OfEachProject_AreThoseOfTheDesign(string project, string allowed)
    {
        var file = XDocument.Load(Path.Combine(Root, "src", project, $"{project}.csproj"));

        var references = file.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));

        references.Should().BeEquivalentTo(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Engine_Assembly_KnowsNeitherWebNorDatabase()
    {
        var references = typeof(FlowLite.Engine.EngineOptions).Assembly.GetReferencedAssemblies().Select(a => a.Name!);

        references.Should().NotContain(name => name.StartsWith("Microsoft.AspNetCore") || name.Contains("EntityFramework") || name.Contains("Sqlite"));
    }

    [Fact]
    public void SourceFiles_AllOfThem_HaveAtMost400Lines()
    {
        var tooLong = SourceFiles()
            .Select(file => (File: Path.GetRelativePath(Root, file), Lines: File.ReadLines(file).Count()))
            .Where(f => f.Lines > 400);

        tooLong.Should().BeEmpty();
    }

    [Fact]
    public void SourceFiles_AllOfThem_LieInTheFolderOfTheirNamespace()
    {
        var misplaced = SourceFiles()
            .Where(file => file.StartsWith(Path.Combine(Root, "src")))
            .Select(file => (File: Path.GetRelativePath(Path.Combine(Root, "src"), file), Namespace: Namespace(file)))
            .Where(f => f.Namespace is not null && f.Namespace != Path.GetDirectoryName(f.File)!.Replace(Path.DirectorySeparatorChar, '.'));

        misplaced.Should().BeEmpty();
    }

    private static string? Namespace(string file) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith("namespace "))?["namespace ".Length..].TrimEnd(';');

    private static IEnumerable<string> SourceFiles() =>
        new[] { "src", "tests", "bench" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}")
                && !file.Contains($"{Path.DirectorySeparatorChar}Migrations{Path.DirectorySeparatorChar}"));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FlowLite.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("FlowLite.sln was not found above the test assembly.");
    }
}
