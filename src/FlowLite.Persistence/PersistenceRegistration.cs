using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Scheduling;
using FlowLite.Persistence.Catalogue;
using FlowLite.Persistence.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowLite.Persistence;

public static class PersistenceRegistration
{
    /// <summary>
    /// Keeps runs in <c>journal.db</c> and flows in <c>catalogue.db</c> of a folder; both are made on first use.
    /// Disposing the container writes out what is queued and closes them.
    /// </summary>
    public static IServiceCollection AddFlowLitePersistence(this IServiceCollection services, string dataDirectory)
    {
        services.AddSingleton<IRunStore>(provider => new SqliteRunStore(FileIn(dataDirectory, "journal.db"), Logger(provider)));
        services.AddSingleton<IDefinitionStore>(_ => new SqliteDefinitionStore(FileIn(dataDirectory, "catalogue.db")));
        services.AddSingleton<IScheduleStore>(_ => new SqliteScheduleStore(FileIn(dataDirectory, "catalogue.db")));
        services.AddSingleton(_ => new ConnectionStore(FileIn(dataDirectory, "catalogue.db")));
        return services;
    }

    private static string FileIn(string directory, string name) =>
        Path.Combine(Directory.CreateDirectory(directory).FullName, name);

    private static ILogger Logger(IServiceProvider provider) =>
        (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("FlowLite.Persistence");
}
