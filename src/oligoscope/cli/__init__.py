"""The command line: a thin door. Each command imports what it needs when it runs."""
