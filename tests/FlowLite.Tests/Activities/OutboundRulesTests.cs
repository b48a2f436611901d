using System.Net;
using FlowLite.Activities.Http.Client;

namespace FlowLite.Tests.Activities;

public sealed class OutboundRulesTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("93.184.216.34", true)]
    [InlineData("::1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    public void Unset_AllIsAllowedButLinkLocalAndMetadata(string address, bool allowed) =>
        new OutboundRules(new OutboundSettings()).MayConnect("host.example", IPAddress.Parse(address)).Should().Be(allowed);

    [Fact]
    public void Allow_ByAddress_OpensWhatIsDeniedByDefault()
    {
        var rules = new OutboundRules(new OutboundSettings { Allow = ["169.254.10.0/24"] });

        rules.MayConnect("169.254.10.7", IPAddress.Parse("169.254.10.7")).Should().BeTrue();
        rules.MayConnect("10.0.0.1", IPAddress.Parse("10.0.0.1")).Should().BeFalse("only what is listed is allowed");
    }

    [Fact]
    public void Allow_ByName_DoesNotOpenAnAddressThatTheNameLeadsTo()
    {
        var rules = new OutboundRules(new OutboundSettings { Allow = ["*.contoso.com"] });

        rules.MayCall("crm.contoso.com").Should().BeTrue();
        rules.MayCall("contoso.com.evil.example").Should().BeFalse();
        rules.MayConnect("crm.contoso.com", IPAddress.Parse("10.0.0.1")).Should().BeTrue();
        rules.MayConnect("crm.contoso.com", IPAddress.Parse("169.254.169.254")).Should().BeFalse();
    }

    [Fact]
    public void Deny_GoesBeforeAllow()
    {
        var rules = new OutboundRules(new OutboundSettings { Allow = ["10.0.0.0/8", "crm.contoso.com"], Deny = ["10.9.0.0/16", "crm.contoso.com"] });

        rules.MayConnect("x", IPAddress.Parse("10.1.0.1")).Should().BeTrue();
        rules.MayConnect("x", IPAddress.Parse("10.9.0.1")).Should().BeFalse();
        rules.MayCall("CRM.contoso.com").Should().BeFalse();
    }

    [Theory]
    [InlineData("not a host")]
    [InlineData("10.0.0.0/99")]
    public void PlaceThatIsNone_IsAProblem(string place) => new OutboundSettings { Deny = [place] }.Problem().Should().Contain(place);
}
