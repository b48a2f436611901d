using Microsoft.Data.Sqlite;

namespace FlowLite.FunctionalTests.Support;

/// <summary>The catalogue's file under a server that is stopped.</summary>
internal static class CatalogueFile
{
    /// <summary>Changes a text in all definitions, as if another release had published them.</summary>
    public static async Task ReplaceAsync(string dataDirectory, string text, string by)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(dataDirectory, "catalogue.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE definitions SET document = replace(document, $text, $by) WHERE instr(document, $text)";
        command.Parameters.AddWithValue("$text", text);
        command.Parameters.AddWithValue("$by", by);
        (await command.ExecuteNonQueryAsync()).Should().BePositive();
    }
}
