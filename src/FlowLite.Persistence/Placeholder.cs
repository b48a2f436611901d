namespace FlowLite.Persistence;

internal static class Placeholder;
