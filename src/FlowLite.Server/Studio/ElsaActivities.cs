namespace FlowLite.Server.Studio;

/// <summary>Activities that the Studio has to know though no flow is made of them.</summary>
public static class ElsaActivities
{
    public const string NotFound = "Elsa.NotFoundActivity";

    private const string Workflow = "Elsa.Workflow";

    public static IReadOnlyList<StudioActivity> All { get; } =
    [
        new StudioActivity
        {
            TypeName = NotFound,
            Namespace = "Elsa",
            Name = "NotFoundActivity",
            Category = "System",
            DisplayName = "Not Found Activity",
            Description = "An activity whose type is not known here. It is kept as it is; a flow with it can't be published.",
            IsBrowsable = false,
            Inputs = [],
            Outputs = [],
            Ports = [],
        },
        new StudioActivity
        {
            TypeName = Workflow,
            Namespace = "Elsa",
            Name = "Workflow",
            Category = "Workflows",
            DisplayName = "Workflow",
            Description = "The flow itself, around its first activity.",
            IsBrowsable = false,
            Inputs = [],
            Outputs = [new StudioOutput("Result", "Object") { DisplayName = "Result", Description = "What the flow gives." }],
            Ports = [new StudioPort("Root", "Root", "Embedded", IsBrowsable: false)],
        },
    ];
}
