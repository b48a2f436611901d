using System.Text.Json;

namespace FlowLite.FunctionalTests.Contract;

/// <summary>What Elsa Studio 3.8.2 needs of the activities' descriptors, or it shows nothing, or breaks.</summary>
[Collection(ContractServerCollection.Name)]
public sealed class ActivityDescriptorsTests(ContractServer server)
{
    private static readonly string[] Hints =
    [
        "singleline", "multiline", "checkbox", "dropdown", "radiolist", "checklist", "multitext", "dictionary", "json-editor", "code-editor", "expression-editor",
        "variable-picker", "input-picker", "output-picker", "outcome-picker", "type-picker", "workflow-definition-picker", "switch-editor", "flow-switch-editor",
        "http-status-codes", "dynamic-outcomes", "datetime-picker", "secret-picker",
    ];

    [Fact]
    public async Task All_TypeNameAndVersion_StandOnce()
    {
        var activities = await server.ActivitiesAsync();

        activities.Select(Key).Should().OnlyHaveUniqueItems().And.HaveCountGreaterThan(10);
    }

    [Fact]
    public async Task All_Twice_AreInTheSameOrder()
    {
        var activities = (await server.ActivitiesAsync()).Select(a => a.GetProperty("typeName").GetString()!).ToList();

        activities.Should().BeInAscendingOrder(StringComparer.Ordinal);
    }

    [Fact]
    public async Task All_EachActivity_HasWhatTheStudioReads()
    {
        foreach (var activity in await server.ActivitiesAsync())
        {
            var key = Key(activity).Type;
            foreach (var text in new[] { "typeName", "namespace", "name", "category", "displayName", "description" })
            {
                activity.GetProperty(text).GetString().Should().NotBeNullOrWhiteSpace($"{key} has a {text}");
            }

            activity.GetProperty("version").GetInt32().Should().BePositive(key);
            activity.GetProperty("kind").GetString().Should().BeOneOf(["Action", "Trigger", "Job", "Task"], key);
            foreach (var flag in new[] { "isContainer", "isBrowsable", "isStart", "isTerminal" })
            {
                activity.GetProperty(flag).ValueKind.Should().BeOneOf([JsonValueKind.True, JsonValueKind.False], $"{key}.{flag}");
            }

            activity.GetProperty("customProperties").ValueKind.Should().Be(JsonValueKind.Object, key);
            activity.GetProperty("constructionProperties").ValueKind.Should().Be(JsonValueKind.Object, key);
        }
    }

    [Fact]
    public async Task All_EachInputAndOutput_HasWhatTheStudioReads()
    {
        foreach (var activity in await server.ActivitiesAsync())
        {
            var key = Key(activity).Type;
            var inputs = activity.GetProperty("inputs").EnumerateArray().ToList();
            inputs.Select(Name).Should().OnlyHaveUniqueItems(key);
            foreach (var input in inputs)
            {
                AssertProperty(key, input);
                input.GetProperty("uiHint").GetString().Should().BeOneOf(Hints, $"{key}.{Name(input)}");
                input.GetProperty("defaultSyntax").GetString().Should().NotBeNullOrEmpty(key);
                foreach (var flag in new[] { "isWrapped", "isReadOnly", "isSensitive" })
                {
                    input.GetProperty(flag).ValueKind.Should().BeOneOf([JsonValueKind.True, JsonValueKind.False], $"{key}.{Name(input)}.{flag}");
                }
            }

            foreach (var output in activity.GetProperty("outputs").EnumerateArray())
            {
                AssertProperty(key, output);
            }
        }
    }

    [Fact]
    public async Task All_EachPort_IsOneThatTheStudioKnows()
    {
        foreach (var activity in await server.ActivitiesAsync())
        {
            var ports = activity.GetProperty("ports").EnumerateArray().ToList();
            ports.Select(Name).Should().OnlyHaveUniqueItems(Key(activity).Type);
            foreach (var port in ports)
            {
                Name(port).Should().NotBeNullOrEmpty();
                port.GetProperty("displayName").GetString().Should().NotBeNullOrEmpty();
                port.GetProperty("type").GetString().Should().BeOneOf("Flow", "Embedded");
                port.GetProperty("isBrowsable").ValueKind.Should().BeOneOf(JsonValueKind.True, JsonValueKind.False);
            }
        }
    }

    // The Studio reads what stands there without its converter for names of enumerations, and its panel breaks.
    [Fact]
    public async Task UiSpecifications_OfEachEditor_HaveItsShape()
    {
        var seen = new HashSet<string>();
        foreach (var (owner, input) in await InputsAsync())
        {
            var hint = input.GetProperty("uiHint").GetString()!;
            if (!input.TryGetProperty("uiSpecifications", out var specifications))
            {
                new[] { "dropdown", "radiolist", "checklist", "code-editor", "json-editor" }.Should().NotContain(hint, owner);
                continue;
            }

            foreach (var specification in specifications.EnumerateObject())
            {
                seen.Add(specification.Name);
                AssertSpecification(owner, specification);
            }
        }

        seen.Should().Contain(["dropdown", "code-editor", "Refresh"]);
    }

    [Fact]
    public async Task Presets_AreInputsOfTheActivityInAKnownLanguage()
    {
        var languages = (await server.ItemsAsync("/descriptors/expression-descriptors")).Select(d => d.GetProperty("type").GetString()).ToList();
        var count = 0;
        foreach (var activity in await server.ActivitiesAsync())
        {
            var inputs = activity.GetProperty("inputs").EnumerateArray().ToDictionary(i => Name(i)!);
            foreach (var preset in activity.GetProperty("constructionProperties").EnumerateObject())
            {
                inputs.Should().ContainKey(preset.Name, Key(activity).Type);
                if (inputs[preset.Name].GetProperty("isWrapped").GetBoolean())
                {
                    count++;
                    preset.Value.EnumerateObject().Select(p => p.Name).Should().Equal("typeName", "expression", "memoryReference");
                    preset.Value.GetProperty("expression").GetProperty("type").GetString().Should().BeOneOf(languages);
                    preset.Value.GetProperty("expression").GetProperty("value").ValueKind.Should().Be(JsonValueKind.String);
                }
            }
        }

        count.Should().BePositive();
    }

    [Fact]
    public async Task ElsasOwnTypes_HaveElsasNames()
    {
        var claimed = (await server.ActivitiesAsync()).Where(a => ElsaNames.Activities.ContainsKey(Key(a).Type)).ToList();

        claimed.Should().HaveCountGreaterThan(10);
        foreach (var activity in claimed)
        {
            var expected = ElsaNames.Activities[Key(activity).Type];
            activity.GetProperty("kind").GetString().Should().Be(expected.Kind, expected.TypeName);
            activity.GetProperty("isStart").GetBoolean().Should().Be(expected.IsStart, expected.TypeName);
            activity.GetProperty("isTerminal").GetBoolean().Should().Be(expected.IsTerminal, expected.TypeName);
            activity.GetProperty("isContainer").GetBoolean().Should().Be(expected.IsContainer, expected.TypeName);
            CamelNames(activity, "inputs").Where(input => !ElsaNames.Ours.Contains(input)).Should().BeEquivalentTo(expected.Inputs, expected.TypeName);
            CamelNames(activity, "outputs").Should().BeEquivalentTo(expected.Outputs, expected.TypeName);
            activity.GetProperty("ports").EnumerateArray().Where(p => p.GetProperty("isBrowsable").GetBoolean())
                .Select(p => $"{Name(p)}:{p.GetProperty("type").GetString()}").Should().BeEquivalentTo(expected.Ports, expected.TypeName);
        }
    }

    [Fact]
    public async Task TypesOfElsasNamespace_AreElsas()
    {
        var claimed = (await server.ActivitiesAsync()).Select(a => Key(a).Type).Where(type => type.StartsWith("Elsa.", StringComparison.Ordinal));

        claimed.Should().BeSubsetOf(ElsaNames.Activities.Keys);
    }

    [Fact]
    public async Task Needed_ByTheStudioItself_AreThereAndNotOffered()
    {
        var activities = (await server.ActivitiesAsync()).ToDictionary(a => Key(a).Type);

        foreach (var type in new[] { "Elsa.NotFoundActivity", "Elsa.Flowchart", "Elsa.Sequence", "Elsa.Workflow" })
        {
            activities[type].GetProperty("isBrowsable").GetBoolean().Should().BeFalse(type);
        }

        activities["Elsa.Flowchart"].GetProperty("isContainer").GetBoolean().Should().BeTrue();
    }

    private static void AssertProperty(string owner, JsonElement property)
    {
        foreach (var text in new[] { "name", "typeName", "displayName" })
        {
            property.GetProperty(text).GetString().Should().NotBeNullOrWhiteSpace($"{owner}.{Name(property)} has a {text}");
        }

        Name(property)![0].Should().Match<char>(c => char.IsUpper(c), $"{owner}.{Name(property)} is camelCase in documents only");
        property.GetProperty("order").ValueKind.Should().Be(JsonValueKind.Number, owner);
        property.GetProperty("isBrowsable").ValueKind.Should().BeOneOf([JsonValueKind.True, JsonValueKind.False], owner);
        property.GetProperty("isSynthetic").ValueKind.Should().BeOneOf([JsonValueKind.True, JsonValueKind.False], owner);
    }

    private static void AssertSpecification(string owner, JsonProperty specification)
    {
        switch (specification.Name)
        {
            case "dropdown":
                AssertItems(owner, specification.Value.GetProperty("selectList").GetProperty("items"));
                break;
            case "radiolist":
                AssertItems(owner, specification.Value.GetProperty("radioList").GetProperty("items"));
                break;
            case "checklist":
                AssertItems(owner, specification.Value.GetProperty("checkList").GetProperty("items"));
                break;
            case "code-editor":
                specification.Value.GetProperty("language").GetString().Should().NotBeNullOrEmpty(owner);
                specification.Value.GetProperty("editorHeight").GetInt32().Should().BeInRange(0, 1, owner);
                break;
            case "DynamicOutcomesOptions":
                specification.Value.GetProperty("fixedOutcomes").ValueKind.Should().Be(JsonValueKind.Array, owner);
                break;
            case "Refresh":
                specification.Value.ValueKind.Should().Be(JsonValueKind.True, owner);
                break;
            default:
                specification.Name.Should().Be("singleline", $"{owner} has no specification that the Studio doesn't know");
                break;
        }
    }

    private static void AssertItems(string owner, JsonElement items)
    {
        foreach (var item in items.EnumerateArray())
        {
            item.GetProperty("text").ValueKind.Should().Be(JsonValueKind.String, owner);
            item.GetProperty("value").ValueKind.Should().Be(JsonValueKind.String, owner);
        }

        items.EnumerateArray().Select(item => item.GetProperty("value").GetString()).Should().OnlyHaveUniqueItems(owner);
    }

    private async Task<IEnumerable<(string Owner, JsonElement Input)>> InputsAsync() =>
        from activity in await server.ActivitiesAsync()
        from input in activity.GetProperty("inputs").EnumerateArray()
        select ($"{Key(activity).Type}.{Name(input)}", input);

    private static (string Type, int Version) Key(JsonElement activity) => (activity.GetProperty("typeName").GetString()!, activity.GetProperty("version").GetInt32());

    private static string? Name(JsonElement element) => element.GetProperty("name").GetString();

    private static IEnumerable<string> CamelNames(JsonElement activity, string list) =>
        activity.GetProperty(list).EnumerateArray().Where(i => i.GetProperty("isBrowsable").GetBoolean()).Select(i => JsonNamingPolicy.CamelCase.ConvertName(Name(i)!));
}
