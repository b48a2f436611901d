using FlowLite.Server.Hosting;
using FlowLite.Server.Replay;

return args is ["replay", .. var rest]
    ? await ReplayCommand.RunAsync(rest, Console.Out)
    : await FlowLiteHost.RunAsync(args);
