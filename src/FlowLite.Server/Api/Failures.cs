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
            return Refuse(context, StatusCodes.Status409Conflict, RunRefusedException.Code, refused.Message).ExecuteAsync(context);
        }

        if (error is OutOfMemoryException or StoreUnavailableException)
        {
            var later = error is OutOfMemoryException
                ? "The server has too little memory for the request now. Send it again later."
                : "The store can't be written now. Send the request again later.";
            context.Response.Headers.RetryAfter = "10";
            return Refuse(context, StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", later).ExecuteAsync(context);
        }

        var isTheirs = IsTheCallers(context, error);
        var status = (error as BadHttpRequestException)?.StatusCode ?? (isTheirs ? StatusCodes.Status400BadRequest : StatusCodes.Status500InternalServerError);
        var message = isTheirs ? "The request could not be read." : "The server failed to answer this request; its log says why.";
        return Refuse(context, status, isTheirs ? "BadRequest" : "InternalServerError", message).ExecuteAsync(context);
    }

    /// <summary>Words for what the framework refuses under <c>/api</c> with a status alone. Elsa's own server gives none either.</summary>
    public static Task SayAsync(StatusCodeContext refused)
    {
        var context = refused.HttpContext;
        var (code, message) = context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ("NotFound", $"There is nothing at '{context.Request.Path}'."),
            StatusCodes.Status405MethodNotAllowed => ("MethodNotAllowed", $"'{context.Request.Path}' takes {context.Response.Headers.Allow}, not {context.Request.Method}."),
            StatusCodes.Status415UnsupportedMediaType => ("UnsupportedMediaType", "Send the body with the header 'Content-Type: application/json'."),
            _ => ("BadRequest", "The request could not be read."),
        };
        return FlowErrors.WriteAsync(context, context.Response.StatusCode, code, message);
    }

    /// <summary>An error in the words of the surface that was called.</summary>
    public static IResult Refuse(HttpContext context, int status, string code, string message) =>
        context.Request.Path.StartsWithSegments("/elsa/api") ? ElsaErrors.Refuse(status, message) : FlowErrors.Result(status, code, message);

    /// <summary>A caller's bad request is nothing for the server's log.</summary>
    public static bool IsTheCallers(ExceptionHandlerSuppressDiagnosticsContext context) => context.Exception is RunRefusedException || IsTheCallers(context.HttpContext, context.Exception);

    /// <summary>The framework fails at a Host that is none (<c>a_b..</c>) where it writes an address of this server.</summary>
    private static bool IsTheCallers(HttpContext context, Exception? error) =>
        error is BadHttpRequestException || (error is ArgumentException && !Uri.TryCreate($"http://{context.Request.Host.Value}", UriKind.Absolute, out _));
}
