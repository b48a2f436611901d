using FlowLite.Server.Hosting;

return await FlowLiteHost.RunAsync(args);
