namespace FlowLite.Engine;

internal static class Placeholder;
