namespace FlowLite.Crm;

/// <summary>Settings of the embedded CRM (configuration section <c>Crm</c> when it runs alone).</summary>
public sealed class CrmOptions
{
    /// <summary>Folder of the database and the token secret; made if missing. One process at a time may use it. Required.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>The client id that the token endpoint accepts. Default <c>flowlite</c>.</summary>
    public string ClientId { get; set; } = "flowlite";

    /// <summary>The secret that goes with <see cref="ClientId"/>. Required.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>Lets callers in who have no token of the CRM, such as the host's administrator. Default: none.</summary>
    public Func<HttpContext, ValueTask<bool>>? AlsoAuthorize { get; set; }
}
