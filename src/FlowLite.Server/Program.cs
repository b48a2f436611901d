using FlowLite.Server.Hosting;

return await CommandLine.RunAsync(args, Console.Out);
