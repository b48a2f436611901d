using FlowLite.Activities;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Http;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Replay;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.Server.Triggers;

namespace FlowLite.Server.Replay;

/// <summary>
/// Runs a flow's cases: the trigger's own acceptance, the server's own executor, a store in memory, time that jumps, and the
/// case's answers in the place of every CRM. Runs of the folder's other flows that come of it run as well. Nothing leaves the process.
/// </summary>
internal static class ReplayRunner
{
    /// <summary>So much virtual time a run is followed; Power Automate's own limit of a run's duration.</summary>
    private static readonly TimeSpan Followed = TimeSpan.FromDays(30);
    // A replay keeps nothing, and its author sees what the flow does.
    private static readonly SecureValues Secure = new(PlainValues.Instance);
    private static readonly Guid RunNamespace = new("0d0b3c52-6a0e-5c0a-8f0e-3f4b7b1f5a10");

    /// <param name="all">The flows that it may start runs of.</param>
    public static async Task<ReplayFlowResult> RunAsync(ReplayFlow flow, IReadOnlyList<ReplayFlow> all)
    {
        var hasNoCases = flow.CaseFiles.Count == 0;
        WorkflowDefinition definition;
        ReplayCatalogue catalogue;
        try
        {
            definition = flow.ReadDefinition(DateTimeOffset.UnixEpoch);
            catalogue = new ReplayCatalogue(definition, all);
            using var services = Services(new Connections(_ => null), new ReplayHttp(new ReplayAnswers(ReplayCase.None, TimeProvider.System)), new PendingResponses(), TimeProvider.System);
            var (workflow, flows) = await CompileAsync(services, definition, catalogue);
            if ((await new FlowReferences(flows, catalogue).CheckAsync(workflow)).Where(p => !p.IsWarning).ToList() is { Count: > 0 } missing)
            {
                throw new InvalidDefinitionException(missing);
            }
        }
        catch (InvalidDefinitionException e)
        {
            return new ReplayFlowResult(flow.Name, flow.File, hasNoCases, [.. e.Problems.Select(p => p.ToString())], []);
        }
        catch (ReplayCaseException e)
        {
            return new ReplayFlowResult(flow.Name, flow.File, hasNoCases, e.Problems, []);
        }

        var cases = new List<ReplayCaseResult>();
        foreach (var file in flow.CaseFiles)
        {
            cases.Add(await RunAsync(definition, catalogue, file));
        }

        return new ReplayFlowResult(flow.Name, flow.File, hasNoCases, [], cases);
    }

    private static async Task<ReplayCaseResult> RunAsync(WorkflowDefinition definition, ReplayCatalogue catalogue, string file)
    {
        ReplayCase? @case = null;
        try
        {
            @case = ReplayCase.Read(file);
            return await RunAsync(definition, catalogue, @case, file);
        }
        catch (InvalidDefinitionException e)
        {
            return new ReplayCaseResult(Path.GetFileNameWithoutExtension(file), file, null, [.. e.Problems.Select(p => p.Message)], []);
        }
        catch (ReplayCaseException e)
        {
            return new ReplayCaseResult(Path.GetFileNameWithoutExtension(file), file, @case?.Description, e.Problems, []);
        }
    }

    private static async Task<ReplayCaseResult> RunAsync(WorkflowDefinition definition, ReplayCatalogue catalogue, ReplayCase @case, string file)
    {
        var time = new VirtualTime(@case.Now);
        var responses = new PendingResponses();
        var answers = new ReplayAnswers(@case, time);
        var connector = new ReplayConnector(answers);
        var http = new ReplayHttp(answers);
        using var services = Services(new Connections(_ => connector), http, responses, time);
        var (workflow, flows) = await CompileAsync(services, definition, catalogue);
        @case.CheckNames(workflow, flows);

        // Run ids are random in life; here the same case gives the same run.
        var runId = InstanceIds.Version5(RunNamespace, $"{definition.DefinitionId}/{@case.Name}");
        var (run, refusal) = await ReplayIntake.AcceptAsync(workflow, @case.Request, runId, time);
        var outcome = run is null
            ? ReplayOutcome.Refused(refusal!)
            : await FollowAsync(workflow, flows, run, time, responses, answers);
        return new ReplayCaseResult(@case.Name, file, @case.Description, answers.Problems(), [.. outcome.Compare(@case.Expect, connector.Records(), http.Requests())]);
    }

    private static async Task<ReplayOutcome> FollowAsync(
        CompiledWorkflow workflow, FlowCatalog flows, RunRequest request, VirtualTime time, PendingResponses responses, ReplayAnswers answers)
    {
        var started = time.GetUtcNow();
        var store = new MemoryRunStore();
        // In the order in which they began.
        var executed = new Dictionary<Guid, CompiledWorkflow>();
        var run = new VirtualRun(workflow, store, time, responses: responses, flows: flows)
        {
            Executing = (runId, version) =>
            {
                executed[runId] = version;
                answers.CallsAreOf(runId == request.RunId ? null : version.Definition.DefinitionId);
            },
        };
        RunState state;
        RunAnswer? answer;
        var isEndpoint = workflow.Node(request.TriggerActivity!).Activity is HttpEndpoint;
        using (var caller = responses.Expect(request.RunId, untilItWaits: isEndpoint))
        {
            await run.AcceptAsync(request);
            state = await run.ResumeAsync(request.RunId, started + TriggerEndpoint.AnswerWithin);
            answer = caller.Answer.IsCompleted ? await caller.Answer : null;
        }

        // The caller has its answer, or has gone.
        await run.ResumeAllAsync(started + Followed);
        state = await run.FoldAsync(request.RunId);
        var history = await HistoryAsync(store, request.RunId, workflow);
        var others = new List<RunHistory>();
        foreach (var (runId, version) in executed.Where(r => r.Key != request.RunId))
        {
            others.Add(await HistoryAsync(store, runId, version));
        }

        var isSynchronous = workflow.Nodes.Values.Any(n => n.Descriptor.SendsResponse);
        var response = isEndpoint || isSynchronous ? await ReplayResponse.OfAsync(answer, isEndpoint) : ReplayResponse.Accepted;
        return ReplayOutcome.Of(history, others, (state.FinishedAt ?? state.UpdatedAt) - started, response, workflow);
    }

    private static async Task<RunHistory> HistoryAsync(MemoryRunStore store, Guid runId, CompiledWorkflow workflow)
    {
        var stored = await store.LoadAsync(runId, wholeJournal: true) ?? throw new InvalidOperationException("The run is not in its store.");
        return RunHistory.From(stored.Summary, stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)).Select(e => SecureEvents.Open(e, Secure)), workflow);
    }

    private static ServiceProvider Services(Connections connections, IHttpSender http, PendingResponses responses, TimeProvider time) =>
        new ServiceCollection()
            .AddSingleton(connections)
            .AddSingleton(http)
            .AddSingleton(responses)
            .AddSingleton(time)
            .AddFlowLiteActivities((_, _) => null)
            .BuildServiceProvider();

    private static async Task<(CompiledWorkflow Workflow, FlowCatalog Flows)> CompileAsync(ServiceProvider services, WorkflowDefinition definition, ReplayCatalogue catalogue)
    {
        var compiler = new WorkflowCompiler(services.GetRequiredService<ActivityRegistry>(), ExpressionLanguages.Default);
        var workflow = compiler.Compile(definition);
        var flows = new FlowCatalog(catalogue, compiler);
        await flows.LoadAsync();
        return (workflow, flows);
    }
}
