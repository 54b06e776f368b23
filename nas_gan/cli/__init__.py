"""The program: one file a command, arguments in, calls out. The only place that prints."""
