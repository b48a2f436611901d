using System.Globalization;
using System.Text;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>Writes what a template has to say to reach a value: <c>trigger.body.Contact["E-Mail"]</c>.</summary>
public static class TemplatePath
{
    /// <param name="root">One of the names that every template sees, such as <c>trigger</c>.</param>
    /// <param name="names">The members on the way, as they are called.</param>
    public static string Of(string root, params IEnumerable<string> names)
    {
        var path = new StringBuilder(root);
        foreach (var name in names)
        {
            if (IsIdentifier(name))
            {
                path.Append('.').Append(name);
            }
            else
            {
                AppendIndexer(path, name);
            }
        }

        return path.ToString();
    }

    /// <summary>The whole template, whose value keeps its type.</summary>
    public static string Expression(string path) => $"{{{{ {path} }}}}";

    // Scriban reads these as values or variables even after a dot.
    private static readonly string[] Reserved = ["null", "true", "false", "this", "for", "while", "tablerow"];

    private static bool IsIdentifier(string name) =>
        name.Length > 0 && !Reserved.Contains(name) && (char.IsAsciiLetter(name[0]) || name[0] == '_') && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static void AppendIndexer(StringBuilder path, string name)
    {
        path.Append("[\"");
        foreach (var c in name)
        {
            if (c is '"' or '\\')
            {
                path.Append('\\').Append(c);
            }
            else if (char.IsControl(c) || c is '{' or '}' or '%')
            {
                // Braces and per cent signs too: two of them would begin or end a block for other readers of the text.
                path.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                path.Append(c);
            }
        }

        path.Append("\"]");
    }
}
