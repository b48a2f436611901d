using System.Globalization;
using FlowLite.Activities.Http.Client;

namespace FlowLite.Server.Hosting;

/// <summary>Settings of the requests that flows send: configuration section <c>FlowLite:Http</c>.</summary>
internal static class OutboundOptions
{
    /// <exception cref="StartupException">A setting is wrong; the message says which and how it should be.</exception>
    public static OutboundSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection($"{FlowLiteOptions.Section}:Http");
        var defaults = new OutboundSettings();
        var settings = new OutboundSettings
        {
            Allow = FlowLiteOptions.ReadList(section.GetSection(nameof(OutboundSettings.Allow))),
            Deny = FlowLiteOptions.ReadList(section.GetSection(nameof(OutboundSettings.Deny))),
            Proxy = section[nameof(OutboundSettings.Proxy)] is { Length: > 0 } proxy ? proxy : null,
            MaxResponseSize = section[nameof(OutboundSettings.MaxResponseSize)] is { } size
                ? int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes
                    : throw new StartupException($"FlowLite:Http:MaxResponseSize is '{size}'. It has to be a number of bytes, such as {defaults.MaxResponseSize}.")
                : defaults.MaxResponseSize,
            Timeout = section[nameof(OutboundSettings.Timeout)] is { } time
                ? TimeSpan.TryParse(time, CultureInfo.InvariantCulture, out var timeout) ? timeout
                    : throw new StartupException($"FlowLite:Http:Timeout is '{time}'. It has to be a time, such as {defaults.Timeout:c}.")
                : defaults.Timeout,
        };
        return settings.Problem() is { } problem ? throw new StartupException($"FlowLite:Http: {problem}") : settings;
    }
}
