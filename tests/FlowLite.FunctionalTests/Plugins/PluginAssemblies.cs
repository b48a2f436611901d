using System.Reflection;
using System.Reflection.Emit;
using FlowLite.Engine.Activities;

namespace FlowLite.FunctionalTests.Plugins;

/// <summary>Assemblies to drop into a server's plugins folder: the documented sample, and small ones with something wrong in them.</summary>
internal static class PluginAssemblies
{
    /// <summary>What the build of <c>docs/samples</c> left beside the tests' own folder.</summary>
    public static string Sample
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "Contoso.Activities", own.Name, "Contoso.Activities.dll");
        }
    }

    /// <summary>An activity that does nothing, of that type name.</summary>
    public static void Write(string file, string type) => Write(file, type, (definition, assembly) =>
    {
        var execute = Override(definition);
        execute.DeclareLocal(typeof(ValueTask));
        execute.Emit(OpCodes.Ldloca_S, (byte)0);
        execute.Emit(OpCodes.Initobj, typeof(ValueTask));
        execute.Emit(OpCodes.Ldloc_0);
        execute.Emit(OpCodes.Ret);
    });

    /// <summary>Built against an engine whose activities had nothing to override: the class can't be loaded here.</summary>
    public static void WriteForAnotherEngine(string file) => Write(file, "Other.Engine", (_, _) => { });

    public static void WriteThrowingConstructor(string file) => Write(file, "Other.Throws", (definition, _) =>
    {
        Override(definition).ThrowException(typeof(NotSupportedException));
        definition.DefineConstructor(MethodAttributes.Public, CallingConventions.HasThis, []).GetILGenerator().ThrowException(typeof(NotSupportedException));
    });

    /// <summary>An assembly that has nothing to do with FlowLite, such as one that a plugin needs.</summary>
    public static void WriteDependency(string file)
    {
        var assembly = New(file);
        assembly.DefineDynamicModule("module").DefineType("Helper", TypeAttributes.Public).CreateType();
        assembly.Save(file);
    }

    private static void Write(string file, string type, Action<TypeBuilder, PersistedAssemblyBuilder> define)
    {
        var assembly = New(file);
        var definition = assembly.DefineDynamicModule("module").DefineType("An" + type.Split('.')[^1], TypeAttributes.Public | TypeAttributes.Sealed, typeof(Activity));
        var settings = typeof(ActivityAttribute);
        definition.SetCustomAttribute(new CustomAttributeBuilder(
            settings.GetConstructors().Single(), ["Other", "Other", "Nothing"], [settings.GetProperty(nameof(ActivityAttribute.Type))!], [type]));
        define(definition, assembly);
        definition.CreateType();
        assembly.Save(file);
    }

    private static PersistedAssemblyBuilder New(string file) => new(new AssemblyName(Path.GetFileNameWithoutExtension(file)), typeof(object).Assembly);

    private static ILGenerator Override(TypeBuilder definition)
    {
        var execute = typeof(Activity).GetMethod("ExecuteAsync", BindingFlags.Instance | BindingFlags.NonPublic)!;
        return definition.DefineMethod("ExecuteAsync", MethodAttributes.Family | MethodAttributes.Virtual | MethodAttributes.HideBySig, typeof(ValueTask), [typeof(ActivityContext)])
            .Also(method => definition.DefineMethodOverride(method, execute)).GetILGenerator();
    }

    private static T Also<T>(this T value, Action<T> action)
    {
        action(value);
        return value;
    }
}
