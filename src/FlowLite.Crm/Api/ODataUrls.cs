using System.Net;
using System.Text;
using FlowLite.Crm.Model;
using FlowLite.Crm.Query;

namespace FlowLite.Crm.Api;

/// <summary>Absolute URLs, built from the address that the caller used.</summary>
internal static class ODataUrls
{
    /// <summary>Where the CRM is mounted: <c>http://host/crm</c>.</summary>
    public static string Mount(HttpContext context)
    {
        var request = context.Request;
        // HTTP/1.0 callers may send no Host, others one that is none (a..b), which is sent back as it came.
        var host = request.Host.HasValue
            ? request.Host.Value
            : new IPEndPoint(context.Connection.LocalIpAddress ?? IPAddress.Loopback, context.Connection.LocalPort).ToString();
        return $"{request.Scheme}://{host}{request.PathBase.ToUriComponent()}{context.GetEndpoint()!.Metadata.GetRequiredMetadata<CrmMount>().Prefix}";
    }

    /// <summary>The root of the data API, without a slash at the end.</summary>
    public static string Service(HttpContext context) => Mount(context) + DataApi.Root;

    public static string Record(HttpContext context, CrmEntity entity, Guid id) => $"{Service(context)}/{entity.SetName}({id})";

    public static string Context(HttpContext context, CrmEntity entity, IReadOnlyList<CrmColumn>? select, bool single)
    {
        // The id is in every answer, asked for or not; the context names what was asked for.
        var columns = select is null ? "" : $"({string.Join(',', select.Select(column => column.LogicalName))})";
        return $"{Service(context)}/$metadata#{entity.SetName}{columns}{(single ? "/$entity" : "")}";
    }

    /// <summary>This request's URL with another page mark.</summary>
    public static string NextPage(HttpContext context, CrmEntity entity, PageMark mark)
    {
        var url = new StringBuilder(Service(context)).Append('/').Append(entity.SetName).Append('?');
        foreach (var (name, values) in context.Request.Query)
        {
            if (name != QueryOptions.SkipToken)
            {
                url.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(values.ToString())).Append('&');
            }
        }

        return url.Append(QueryOptions.SkipToken).Append('=').Append(mark.Encode()).ToString();
    }
}

/// <summary>Endpoint metadata: the path under which the CRM was mapped, without a slash at the end.</summary>
internal sealed record CrmMount(string Prefix);
