using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Api;

/// <summary>Errors of <c>/elsa/api</c>: <c>{"statusCode","message","errors":{"key":["text"]}}</c>, each text a message in the Studio.</summary>
public static class ElsaErrors
{
    private const string General = "generalErrors";

    public static IResult Refuse(int status, string message) => Refuse(status, new Dictionary<string, string[]> { [General] = [message] });

    /// <summary>Every problem under the id of its activity.</summary>
    public static IResult Invalid(IReadOnlyList<DefinitionProblem> problems) => Refuse(
        StatusCodes.Status400BadRequest,
        problems.GroupBy(p => p.ActivityId ?? General).ToDictionary(g => g.Key, g => g.Select(Say).ToArray()));

    private static IResult Refuse(int status, Dictionary<string, string[]> errors) => Results.Json(
        new { statusCode = status, message = "One or more errors occurred!", errors },
        contentType: "application/problem+json",
        statusCode: status);

    public static string Say(DefinitionProblem problem)
    {
        var place = problem.Line > 0 ? $"{problem.Path}, line {problem.Line}, column {problem.Column}" : problem.Path;
        // The Studio shows these texts without their key, and its canvas no path.
        var message = problem.ActivityName is { } name ? $"{name}: {problem.Message}" : problem.Message;
        return place.Length > 0 ? $"{message} ({place})" : message;
    }
}
