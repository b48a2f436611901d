namespace FlowLite.FunctionalTests.Contract;

/// <summary>Holds a text against the file that was approved, so that a change of a contract is a change that somebody reads.</summary>
internal static class Approval
{
    /// <param name="name">The file is <c>Contract/{name}.approved.txt</c>.</param>
    public static async Task VerifyAsync(string name, string received)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Contract");
        var approvedFile = Path.Combine(folder, $"{name}.approved.txt");
        var receivedFile = Path.Combine(folder, $"{name}.received.txt");
        var approved = File.Exists(approvedFile) ? await File.ReadAllTextAsync(approvedFile) : "";
        if (approved == received)
        {
            File.Delete(receivedFile);
            return;
        }

        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(receivedFile, received);
        var (before, after) = (Lines(approved), Lines(received));
        var changes = before.Except(after).Select(line => "- " + line).Concat(after.Except(before).Select(line => "+ " + line)).Take(60);
        Assert.Fail($"""
            {name} is not what was approved:
            {string.Join(Environment.NewLine, changes)}
            If that is meant: cp {receivedFile} tests/FlowLite.FunctionalTests/Contract/{name}.approved.txt
            """);
    }

    private static string[] Lines(string text) => text.Split('\n');
}
