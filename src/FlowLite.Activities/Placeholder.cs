namespace FlowLite.Activities;

internal static class Placeholder;
