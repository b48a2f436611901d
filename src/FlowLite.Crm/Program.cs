using FlowLite.Crm;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddCrm(builder.Configuration.GetSection("Crm"));
await using var app = builder.Build();
app.MapCrm();
await app.RunAsync();
