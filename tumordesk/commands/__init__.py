"""The commands of the command line, one module each; nothing here needs Qt."""
