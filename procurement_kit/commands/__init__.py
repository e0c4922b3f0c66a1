"""The command line, one module per part of the work: each command reads its arguments and calls one function."""
