using FlowLite.Engine.Runs;
using Microsoft.AspNetCore.Diagnostics;

namespace FlowLite.Server.Api;

/// <summary>What no endpoint has answered: a request that can't be read, or a fault of the server. Never a stack trace.</summary>
internal static class Failures
{
    public static Task AnswerAsync(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (error is RunRefusedException refused)
        {
            // Whoever starts a run may be told so by its flow.
            return (context.Request.Path.StartsWithSegments("/elsa/api")
                ? ElsaErrors.Refuse(StatusCodes.Status409Conflict, refused.Message)
                : FlowErrors.Result(StatusCodes.Status409Conflict, RunRefusedException.Code, refused.Message)).ExecuteAsync(context);
        }

        if (error is OutOfMemoryException)
        {
            const string TooLittle = "The server has too little memory for the request now. Send it again later.";
            context.Response.Headers.RetryAfter = "10";
            return (context.Request.Path.StartsWithSegments("/elsa/api")
                ? ElsaErrors.Refuse(StatusCodes.Status503ServiceUnavailable, TooLittle)
                : FlowErrors.Result(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", TooLittle)).ExecuteAsync(context);
        }

        var bad = error as BadHttpRequestException;
        var status = bad?.StatusCode ?? StatusCodes.Status500InternalServerError;
        var message = bad is null ? "The server failed to answer this request; its log says why." : "The request could not be read.";
        var answer = context.Request.Path.StartsWithSegments("/elsa/api")
            ? ElsaErrors.Refuse(status, message)
            : FlowErrors.Result(status, bad is null ? "InternalServerError" : "BadRequest", message);
        return answer.ExecuteAsync(context);
    }

    /// <summary>A caller's bad request is nothing for the server's log.</summary>
    public static bool IsTheCallers(ExceptionHandlerSuppressDiagnosticsContext context) => context.Exception is BadHttpRequestException or RunRefusedException;
}
