using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>A CRM that outlives the server's crashes: a process of its own, a file, or a stand-in here.</summary>
internal interface ICrashCrm : IAsyncDisposable
{
    /// <summary>Where it listens; the server is led there through a <see cref="FaultyProxy"/>, whose kind the scheme chooses.</summary>
    Uri Address { get; }

    /// <summary>The settings of the connection by name (<c>Kind</c>, <c>Url</c>), with the proxy in the place of the CRM.</summary>
    IReadOnlyDictionary<string, string> Connection(Uri proxy);

    /// <summary>The table that leads are made in, and a Scriban template for each column; null: as the shipped flow has it.</summary>
    (string Entity, IReadOnlyDictionary<string, string> Fields)? Record => null;

    /// <summary>Whether faults strike a call; of others, such as signing in, they would test something else.</summary>
    bool IsRecordCall(HttpRequest request) => true;

    /// <summary>The e-mail address of each lead that it holds, asked directly.</summary>
    Task<IReadOnlyList<string>> EmailsAsync();
}
