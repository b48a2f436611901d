using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Api.Definitions;

/// <summary>What calls about flows bring along.</summary>
internal static class DefinitionBodies
{
    private const int LargestList = 1024 * 1024;

    public static Task<RequestBody> ReadAsync(HttpContext context, int depthAbove = 0) =>
        RequestJson.ReadAsync(context, WorkflowDefinitionsApi.LargestBody, DefinitionJson.MaxDepth + depthAbove);

    /// <summary>A body such as <c>{"definitionIds":["a","b"]}</c>; each id once.</summary>
    public static async Task<(IReadOnlyList<string> Ids, IResult? Refusal)> ReadIdsAsync(HttpContext context, string name)
    {
        var (ids, refusal, _) = await ReadIdsAndMoreAsync(context, name);
        return (ids, refusal);
    }

    /// <summary>The same with the whole body, for what else it may say.</summary>
    public static async Task<(IReadOnlyList<string> Ids, IResult? Refusal, JsonElement Body)> ReadIdsAndMoreAsync(HttpContext context, string name)
    {
        var body = await RequestJson.ReadAsync(context, LargestList, DefinitionJson.MaxDepth);
        if (body.Refusal is not null)
        {
            return ([], body.Refusal, default);
        }

        return JsonValues.TryGetMember(body.Json, name, out var list)
            && list.ValueKind == JsonValueKind.Array
            && list.EnumerateArray().All(id => id.ValueKind == JsonValueKind.String)
            ? ([.. list.EnumerateArray().Select(id => id.GetString()!).Distinct()], null, body.Json)
            : ([], ElsaErrors.Refuse(StatusCodes.Status400BadRequest, $"The body is {{\"{name}\":[\"…\"]}}."), default);
    }
}
