namespace FlowLite.FunctionalTests.Contract;

/// <summary>What Elsa 3.8 calls the kinds, inputs, outputs and ports of its activities: documents refer to them by these names.</summary>
internal static class ElsaNames
{
    /// <summary>By type name.</summary>
    public static IReadOnlyDictionary<string, ElsaActivity> Activities { get; } = Text.Split('\n', StringSplitOptions.TrimEntries)
        .Select(ElsaActivity.Parse)
        .ToDictionary(activity => activity.TypeName);

    /// <summary>Inputs that FlowLite adds to Elsa's activities; Elsa ignores them.</summary>
    public static IReadOnlySet<string> Ours { get; } = new HashSet<string> { "missed", "timeZone", "secureInputs", "secureOutputs" };

    // Type, kind | inputs | outputs | ports, each sorted; - for none. Failed of Dispatch and ExecuteWorkflow is ours: Elsa goes on as if nothing had failed.
    private const string Text = """
        Elsa.Break Action terminal | - | - | -
        Elsa.BulkDispatchWorkflows Task | channelName correlationIdFunction defaultItemInputKey input items startNewTrace waitForCompletion workflowDefinitionId | - | Canceled:Flow ChildCompleted:Embedded ChildFaulted:Embedded Completed:Flow Done:Flow
        Elsa.Complete Action terminal | outcomes | - | -
        Elsa.Correlate Action | correlationId | - | -
        Elsa.Cron Trigger | cronExpression | - | -
        Elsa.Delay Action | timeSpan | - | -
        Elsa.DispatchWorkflow Action | channelName correlationId input startNewTrace waitForCompletion workflowDefinitionId | result | Done:Flow Failed:Flow
        Elsa.DownloadHttpFile Task | authorization content disableAuthorizationHeaderValidation expectedStatusCodes method requestContentType requestHeaders url | response responseContentBytes responseContentHeaders responseContentStream responseHeaders result statusCode | -
        Elsa.End Action terminal | - | - | -
        Elsa.Event Trigger | eventName | result | -
        Elsa.ExecuteWorkflow Task | correlationId input waitForCompletion workflowDefinitionId | result | Done:Flow Failed:Flow
        Elsa.Fault Action | category code faultType message | - | -
        Elsa.Finish Action terminal | - | - | -
        Elsa.FlowDecision Action | condition | - | False:Flow True:Flow
        Elsa.FlowFork Action | branches | - | -
        Elsa.FlowJoin Action | mode | - | -
        Elsa.FlowNode Action | - | - | Body:Embedded
        Elsa.FlowSendHttpRequest Task | authorization content contentType disableAuthorizationHeaderValidation enableResiliency expectedStatusCodes method requestHeaders url | parsedContent responseHeaders result statusCode | -
        Elsa.FlowSwitch Action | cases mode | - | Default:Flow
        Elsa.Flowchart Action container | - | - | -
        Elsa.For Action | end outerBoundInclusive start step | currentValue | Body:Embedded
        Elsa.ForEach Action | items | currentValue | Body:Embedded
        Elsa.Fork Action | joinMode | - | -
        Elsa.HttpEndpoint Trigger | allowedFileExtensions allowedMimeTypes authorize blockedFileExtensions exposeFileTooLargeOutcome exposeInvalidFileExtensionOutcome exposeInvalidFileMimeTypeOutcome exposeRequestTooLargeOutcome fileSizeLimit path policy requestSizeLimit requestTimeout supportedMethods | file files headers parsedContent queryStringData result routeData | -
        Elsa.If Action | condition | result | Else:Embedded Then:Embedded
        Elsa.Inline Action | - | - | -
        Elsa.NotFoundActivity Action | - | - | -
        Elsa.Parallel Action container | - | - | -
        Elsa.ParallelForEach Action | items | - | Body:Embedded
        Elsa.PublishEvent Action | correlationId eventName isLocalEvent payload | - | -
        Elsa.ReadLine Action | - | result | -
        Elsa.RunCSharp Action | possibleOutcomes script | result | -
        Elsa.RunJavaScript Action | possibleOutcomes script | result | -
        Elsa.RunPython Action | possibleOutcomes script | result | -
        Elsa.RunTask Action | payload taskName | result taskId | -
        Elsa.SendHttpRequest Task | authorization content contentType disableAuthorizationHeaderValidation enableResiliency expectedStatusCodes method requestHeaders url | parsedContent responseHeaders result statusCode | FailedToConnect:Embedded Timeout:Embedded UnmatchedStatusCode:Embedded
        Elsa.Sequence Action container | - | - | -
        Elsa.SetName Action | value | - | -
        Elsa.SetOutput Action | outputName outputValue | - | -
        Elsa.SetVariable Action | value variable | - | -
        Elsa.Start Action start | - | - | -
        Elsa.StartAt Trigger | dateTime | - | -
        Elsa.StateMachine Action | - | - | -
        Elsa.Switch Action | cases mode | output | Default:Embedded
        Elsa.Timer Trigger | interval | - | -
        Elsa.While Action | condition | - | Body:Embedded
        Elsa.Workflow Action | - | result | -
        Elsa.Workflows.Activities.DynamicActivity Action | - | - | -
        Elsa.Workflows.Management.Activities.HostMethod.HostMethodActivity Action | - | - | -
        Elsa.WriteFileHttpResponse Action | content contentType downloadCorrelationId enableResumableDownloads entityTag filename | - | -
        Elsa.WriteHttpResponse Action | content contentType responseHeaders statusCode | - | -
        Elsa.WriteLine Action | text | - | -
        Elsa.Workflows.Management.Activities.WorkflowDefinitionActivity.WorkflowDefinitionActivity Action | - | - | -
        """;
}

internal sealed record ElsaActivity(string TypeName, string Kind, bool IsStart, bool IsTerminal, bool IsContainer, string[] Inputs, string[] Outputs, string[] Ports)
{
    public static ElsaActivity Parse(string line)
    {
        var parts = line.Split('|', StringSplitOptions.TrimEntries);
        var head = parts[0].Split(' ');
        return new ElsaActivity(
            head[0], head[1], head.Contains("start"), head.Contains("terminal"), head.Contains("container"), Words(parts[1]), Words(parts[2]), Words(parts[3]));
    }

    private static string[] Words(string text) => text == "-" ? [] : text.Split(' ');
}
