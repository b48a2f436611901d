using FlowLite.Crm;
using Microsoft.Extensions.Options;

// The caller's folder may hold the data: watching it for changed settings would be woken by each commit.
var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
builder.Services.AddCrm(builder.Configuration.GetSection("Crm"));
await using var app = builder.Build();
try
{
    app.MapCrm();
}
catch (Exception exception) when (exception is OptionsValidationException or IOException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}

await app.RunAsync();
return 0;
