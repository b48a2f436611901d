using FlowLite.Engine.Runs;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Api.Instances;

/// <summary>Runs out of this server and into another.</summary>
internal static class InstanceTransferApi
{
    private const int MostRuns = 1000;

    public static RouteGroupBuilder MapInstanceTransferApi(this RouteGroupBuilder api)
    {
        api.MapGet("/workflow-instances/{id}/export", ExportAsync);
        api.MapPost("/bulk-actions/export/workflow-instances", BulkExportAsync);
        api.MapPost("/bulk-actions/import/workflow-instances", ImportAsync)
            .WithMetadata(new RequestSizeLimitAttribute(InstanceArchive.LargestUpload), new RequestFormLimitsAttribute { MultipartBodyLengthLimit = InstanceArchive.LargestUpload });
        return api;
    }

    private static async Task<IResult> ExportAsync(string id, InstanceViews views, CancellationToken cancellation) =>
        await views.FindAsync(id, WorkflowStates.Scope) is { } view
            ? Results.Stream(to => InstanceArchive.WriteFileAsync(view, to, cancellation), "application/octet-stream", InstanceArchive.FileName(view))
            : Results.NotFound();

    /// <summary>Body <c>{"ids":[…]}</c>; one run gives JSON, several a zip.</summary>
    private static async Task<IResult> BulkExportAsync(HttpContext context, IRunStore runs, InstanceViews views)
    {
        var body = await RequestJson.ReadAsync(context, InstancesApi.LargestBody, InstancesApi.Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var ids = InstancesApi.Texts(body.Json, "ids") ?? [];
        if (ids.Count > MostRuns)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, $"No more than {MostRuns} runs fit in one file.");
        }

        var found = new List<Guid>();
        foreach (var id in ids.Distinct())
        {
            if (Guid.TryParse(id, out var runId) && await runs.FindRunAsync(runId) is not null)
            {
                found.Add(runId);
            }
        }

        return found switch
        {
            [] => Results.NotFound(),
            [var one] => await ExportAsync(one.ToString(), views, context.RequestAborted),
            _ => Zip(context, ReadAsync(found, views)),
        };
    }

    private static IResult Zip(HttpContext context, IAsyncEnumerable<InstanceView> views)
    {
        // The end of an entry is some bytes that the archive can't write otherwise.
        context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
        return Results.Stream(to => InstanceArchive.WriteZipAsync(views, to, context.RequestAborted), "application/zip", "workflow-instances.zip");
    }

    private static async IAsyncEnumerable<InstanceView> ReadAsync(IEnumerable<Guid> runIds, InstanceViews views)
    {
        foreach (var id in runIds)
        {
            if (await views.FindAsync(id, WorkflowStates.Scope) is { } view)
            {
                yield return view;
            }
        }
    }

    /// <summary>Files as multipart field <c>files</c>; gives how many runs were taken in. Those that are here already are left as they are.</summary>
    private static async Task<IResult> ImportAsync(HttpRequest request, RunService runs)
    {
        if (!request.HasFormContentType)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The files come as multipart/form-data.");
        }

        var imported = new List<ImportedRun>();
        var count = 0;
        try
        {
            foreach (var file in (await request.ReadFormAsync(request.HttpContext.RequestAborted)).Files)
            {
                imported.AddRange(await InstanceArchive.ReadAsync(file, request.HttpContext.RequestAborted));
            }

            count = await runs.ImportAsync(imported);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or (IOException and not BadHttpRequestException))
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, e.Message);
        }

        return InstancesApi.Json(new { count });
    }
}
