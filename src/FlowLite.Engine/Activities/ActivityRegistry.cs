using System.Reflection;
using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Activities;

/// <summary>What is known of a kind of activity without running one.</summary>
public sealed record ActivityDescriptor
{
    /// <summary><c>Elsa.If</c></summary>
    public required string TypeName { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required int Version { get; init; }
    public required string Category { get; init; }
    public required string DisplayName { get; init; }
    public string? Description { get; init; }
    public required ActivityKind Kind { get; init; }
    public required Effect Effect { get; init; }
    public required bool SendsResponse { get; init; }
    public required bool IsContainer { get; init; }
    public required bool IsBrowsable { get; init; }
    public required bool IsStart { get; init; }
    public required bool IsTerminal { get; init; }
    /// <summary>Why flows with it can't be published; null: they can.</summary>
    public required string? NotAvailable { get; init; }
    public required IReadOnlyList<InputDescriptor> Inputs { get; init; }
    public required IReadOnlyList<OutputDescriptor> Outputs { get; init; }
    public required IReadOnlyList<string> Outcomes { get; init; }
    /// <summary>The Studio finds the outcomes in the activity's settings.</summary>
    public required bool HasDynamicOutcomes { get; init; }
    /// <summary>Ports with an embedded child, in the order of their declaration.</summary>
    public required IReadOnlyList<string> Ports { get; init; }
    /// <summary>What the Studio calls each of <see cref="Ports"/>.</summary>
    public required IReadOnlyDictionary<string, string> PortNames { get; init; }
    /// <summary>Lists in which children stand, besides a container's <c>activities</c>.</summary>
    public IReadOnlyList<ChildListAttribute> ChildLists { get; init; } = [];
    public required Func<Activity> Create { get; init; }
}

/// <param name="Name">As declared, PascalCase; in documents it is camelCase.</param>
/// <param name="IsWrapped">False: a bare JSON value without an expression.</param>
public sealed record InputDescriptor(string Name, Type Type, bool IsWrapped, InputAttribute Settings, PropertyInfo Property)
{
    public string JsonName { get; } = JsonNamingPolicy.CamelCase.ConvertName(Name);
    public string DisplayName => Settings.DisplayName ?? ActivityRegistry.Words(Name);
    /// <summary>Elsa's short name of its type.</summary>
    public string TypeName => Settings.TypeName ?? ElsaTypes.Alias(Type);
    public bool IsMap => Property.PropertyType == typeof(InputMap);
    public bool IsDeferred => Property.PropertyType.IsGenericType && Property.PropertyType.GetGenericTypeDefinition() == typeof(Deferred<>);
    public bool IsCases => Property.PropertyType == typeof(CaseInput);
}

public sealed record OutputDescriptor(string Name, Type Type, OutputAttribute Settings)
{
    public string JsonName { get; } = JsonNamingPolicy.CamelCase.ConvertName(Name);
    public string DisplayName => Settings.DisplayName ?? ActivityRegistry.Words(Name);
    /// <summary>Elsa's short name of its type.</summary>
    public string TypeName => Settings.TypeName ?? ElsaTypes.Alias(Type);
}

/// <summary>The activities that flows can use, by type name. Filled when the server starts, before anybody asks.</summary>
public sealed class ActivityRegistry
{
    private readonly Dictionary<string, ActivityDescriptor> _byType = [];
    private readonly Func<Type, Activity> _create;

    /// <param name="create">Makes an activity of a class: with its services, where it asks for some.</param>
    /// <exception cref="ArgumentException">Two classes claim the same type name.</exception>
    public ActivityRegistry(IEnumerable<Type> types, Func<Type, Activity> create)
    {
        _create = create;
        foreach (var type in types)
        {
            var descriptor = Describe(type, create);
            if (!_byType.TryAdd(descriptor.TypeName, descriptor))
            {
                throw new ArgumentException($"Two activities are called '{descriptor.TypeName}'.", nameof(types));
            }
        }
    }

    /// <summary>
    /// Adds the classes of somebody else, all of them or none. Each is made once, to see that it can be: what its constructor throws
    /// comes out of here, and not when a flow is published.
    /// </summary>
    /// <returns>Their type names.</returns>
    /// <exception cref="ArgumentException">A type name is taken, or a class is no activity that could be used; the message says which and why.</exception>
    public IReadOnlyList<string> Add(IEnumerable<Type> types)
    {
        var added = new Dictionary<string, ActivityDescriptor>();
        foreach (var type in types)
        {
            var descriptor = Describe(type, _create);
            if (_byType.ContainsKey(descriptor.TypeName) || !added.TryAdd(descriptor.TypeName, descriptor))
            {
                throw new ArgumentException($"There is an activity of type '{descriptor.TypeName}' already.");
            }

            if (descriptor.Inputs.Select(input => input.Property)
                .Concat(descriptor.Outputs.Select(output => type.GetProperty(output.Name)!))
                .FirstOrDefault(property => property.SetMethod is not { IsPublic: true }) is { } fixedProperty)
            {
                throw new ArgumentException($"{type.Name}.{fixedProperty.Name} needs a public setter.");
            }

            _ = descriptor.Create();
        }

        foreach (var (name, descriptor) in added)
        {
            _byType.Add(name, descriptor);
        }

        return [.. added.Keys];
    }

    public IReadOnlyCollection<ActivityDescriptor> Descriptors => _byType.Values;

    public ActivityDescriptor? Find(string typeName) => _byType.GetValueOrDefault(typeName);

    /// <summary>Every class of an assembly that carries <see cref="ActivityAttribute"/>.</summary>
    public static IEnumerable<Type> In(Assembly assembly) =>
        assembly.GetTypes().Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Activity)) && t.IsDefined(typeof(ActivityAttribute)));

    private static ActivityDescriptor Describe(Type type, Func<Type, Activity> create)
    {
        var settings = type.GetCustomAttribute<ActivityAttribute>()
            ?? throw new ArgumentException($"{type} has no [Activity].", nameof(type));
        // In the order of their declaration; reflection alone promises none.
        var properties = type.GetProperties().OrderBy(p => p.MetadataToken).ToList();
        var ports = type.GetCustomAttributes<PortAttribute>().ToList();
        return new ActivityDescriptor
        {
            TypeName = settings.Type ?? $"{settings.Namespace}.{type.Name}",
            Namespace = settings.Namespace,
            Name = type.Name,
            Version = settings.Version,
            Category = settings.Category,
            DisplayName = settings.DisplayName ?? Words(type.Name),
            Description = settings.Description,
            Kind = settings.Kind,
            Effect = settings.Effect,
            SendsResponse = settings.SendsResponse,
            IsBrowsable = settings.IsBrowsable,
            IsStart = settings.IsStart,
            IsTerminal = settings.IsTerminal,
            NotAvailable = settings.NotAvailable,
            IsContainer = type.IsSubclassOf(typeof(Container)),
            Inputs = [.. from p in properties
                         let input = p.GetCustomAttribute<InputAttribute>()
                         where input is not null
                         let wrapped = p.PropertyType.IsSubclassOf(typeof(Input)) && p.PropertyType != typeof(CaseInput)
                         select new InputDescriptor(p.Name, ValueType(p.PropertyType), wrapped, input, p)],
            Outputs = [.. from p in properties
                          where p.PropertyType.IsGenericType && p.PropertyType.GetGenericTypeDefinition() == typeof(Output<>)
                          select new OutputDescriptor(p.Name, p.PropertyType.GetGenericArguments()[0], p.GetCustomAttribute<OutputAttribute>() ?? new OutputAttribute())],
            Outcomes = settings.Outcomes,
            HasDynamicOutcomes = settings.HasDynamicOutcomes,
            Ports = [.. ports.Select(p => p.Name)],
            PortNames = ports.ToDictionary(p => p.Name, p => p.DisplayName ?? Words(p.Name)),
            ChildLists = [.. type.GetCustomAttributes<ChildListAttribute>()],
            Create = () => create(type),
        };
    }

    private static Type ValueType(Type type) => type switch
    {
        _ when type == typeof(InputMap) => typeof(JsonElement),
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(Input<>) || type.GetGenericTypeDefinition() == typeof(Deferred<>) => type.GetGenericArguments()[0],
        _ => type,
    };

    /// <summary>A name as people read it: <c>StatusCode</c> is Status Code, as Elsa has it.</summary>
    internal static string Words(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) && !char.IsUpper(name[i - 1]) ? $" {c}" : $"{c}"));
}
