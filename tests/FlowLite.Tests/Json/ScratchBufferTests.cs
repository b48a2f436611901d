using System.Text;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Json;

/// <summary>Large values on their way.</summary>
public sealed class ScratchBufferTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(5_000)]
    [InlineData(3_000_000)]
    public void Write_ThatGrows_KeepsWhatWasWritten(int length)
    {
        using var buffer = new ScratchBuffer();
        var bytes = Enumerable.Range(0, length).Select(i => (byte)(i * 7)).ToArray();

        foreach (var part in bytes.Chunk(777))
        {
            part.CopyTo(buffer.GetSpan(part.Length));
            buffer.Advance(part.Length);
        }

        buffer.Written.SequenceEqual(bytes).Should().BeTrue();
        buffer.WrittenMemory.Span.SequenceEqual(bytes).Should().BeTrue();
        buffer.Reset();
        buffer.Length.Should().Be(0);
        buffer.WrittenMemory.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void Advance_BeyondWhatThereIs_Throws()
    {
        using var buffer = new ScratchBuffer();
        var room = buffer.GetMemory(1).Length;

        FluentActions.Invoking(() => buffer.Advance(room + 1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => buffer.Advance(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void TryGetBytes_OfALargeString_GivesThem()
    {
        var bytes = Enumerable.Range(0, 5_000_001).Select(i => (byte)(i * 31)).ToArray();
        var json = JsonValues.Write(bytes, static (writer, content) => writer.WriteBase64StringValue(content));

        LargeJson.TryGetBytes(json, out var read).Should().BeTrue();

        read!.AsSpan().SequenceEqual(bytes).Should().BeTrue();
    }

    [Fact]
    public void TryGetBytes_OfALargeStringThatIsNoBase64_GivesNone()
    {
        LargeJson.TryGetBytes(JsonValues.String(new string('!', 6_000_000)), out _).Should().BeFalse();
        LargeJson.TryGetBytes(JsonValues.Number(1), out _).Should().BeFalse();
    }

    [Fact]
    public void Copy_OfALargeValue_IsTheValue()
    {
        var value = JsonSerializer.SerializeToElement(new { text = new string('é', 100_000) + "\n\"\\", list = new[] { 1, 2 } });

        var copy = JsonValues.Object(writer =>
        {
            writer.WritePropertyName("v");
            JsonValues.Copy(writer, value);
        });

        JsonElement.DeepEquals(copy.GetProperty("v"), value).Should().BeTrue();
    }

    [Fact]
    public void Read_InParts_GivesEverythingOnce()
    {
        var bytes = Encoding.ASCII.GetBytes("0123456789");
        using var stream = new BytesStream(bytes);
        using var copy = new MemoryStream();

        stream.CopyTo(copy, 3);
        stream.Position = 4;

        copy.ToArray().Should().Equal(bytes);
        stream.ReadByte().Should().Be('4');
        stream.Seek(-1, SeekOrigin.End).Should().Be(9);
        FluentActions.Invoking(() => stream.Position = 11).Should().Throw<ArgumentOutOfRangeException>();
    }
}
