using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;

namespace FlowLite.Server.Endpoints;

/// <summary>
/// The path of an HTTP endpoint as a route template, as ASP.NET reads them: <c>/orders/{id:int}/items/{item?}</c>. Matches whatever the case.
/// </summary>
internal sealed class EndpointTemplate
{
    private readonly TemplateMatcher _matcher;
    private readonly List<(string Parameter, IRouteConstraint Constraint)> _constraints = [];

    private EndpointTemplate(string text, RouteTemplate template, IInlineConstraintResolver constraints)
    {
        Text = text;
        Precedence = RoutePrecedence.ComputeInbound(template);
        var defaults = new RouteValueDictionary();
        foreach (var parameter in template.Parameters)
        {
            if (parameter.DefaultValue is { } value)
            {
                defaults[parameter.Name!] = value;
            }

            foreach (var inline in parameter.InlineConstraints)
            {
                var constraint = constraints.ResolveConstraint(inline.Constraint)
                    ?? throw new FormatException($"There is no constraint '{inline.Constraint}'.");
                _constraints.Add((parameter.Name!, parameter.IsOptional ? new Microsoft.AspNetCore.Routing.Constraints.OptionalRouteConstraint(constraint) : constraint));
            }
        }

        _matcher = new TemplateMatcher(template, defaults);
        Literal = template.Parameters.Count == 0 ? text.ToLowerInvariant() : null;
        Prefix = string.Concat(template.Segments.TakeWhile(s => s.Parts.All(p => p.IsLiteral)).Select(s => "/" + string.Concat(s.Parts.Select(p => p.Text)))).ToLowerInvariant();
        SecondSegment = template.Segments.Count > 1 && template.Segments[1].Parts is [{ IsLiteral: true, Text: { } second }] ? second : null;
        Shape = "/" + string.Join('/', template.Segments.Select(s => string.Concat(s.Parts.Select(Shaped)))).ToLowerInvariant();
    }

    public string Text { get; }
    /// <summary>The smaller comes first: literals before parameters, those with constraints before others, catch-alls at the end.</summary>
    public decimal Precedence { get; }
    /// <summary>The only path that it matches, in lower case; null: it has parameters.</summary>
    public string? Literal { get; }
    /// <summary>The literal segments before the first parameter, in lower case.</summary>
    public string Prefix { get; }
    /// <summary>The same for templates that match the same paths, whatever their parameters are called.</summary>
    public string Shape { get; }
    public string? SecondSegment { get; }

    /// <exception cref="FormatException">It is no template; the message says why.</exception>
    public static EndpointTemplate Parse(string text, IInlineConstraintResolver constraints)
    {
        try
        {
            return new EndpointTemplate(text, TemplateParser.Parse(text.TrimStart('/')), constraints);
        }
        catch (Exception e) when (e is RoutePatternException or ArgumentException or RouteCreationException)
        {
            throw new FormatException(e.Message.ReplaceLineEndings(" "), e);
        }
    }

    /// <param name="path">Decoded but for slashes, <c>/orders/42</c>.</param>
    /// <param name="values">Decoded, by parameter.</param>
    public bool TryMatch(string path, HttpContext? http, out IReadOnlyDictionary<string, string> values)
    {
        var found = new RouteValueDictionary();
        values = new Dictionary<string, string>();
        if (!_matcher.TryMatch(new PathString(path), found) || _constraints.Exists(c => !c.Constraint.Match(http, null, c.Parameter, found, RouteDirection.IncomingRequest)))
        {
            return false;
        }

        values = found.Where(v => v.Value is not null).ToDictionary(v => v.Key, v => Decode((string)v.Value!));
        return true;
    }

    // What the server leaves encoded so that it is no separator.
    private static string Decode(string value) => value.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static string Shaped(TemplatePart part) => part.IsLiteral ? part.Text! :
        $"{{{(part.IsCatchAll ? "*" : "")}{string.Concat(part.InlineConstraints.Select(c => $":{c.Constraint}"))}{(part.IsOptional ? "?" : "")}}}";
}
