"""The commands, a module each, thin: parse, call, print."""
