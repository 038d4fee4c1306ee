"""The command line: one module a group of commands, `main` puts them together.

Modules here import nothing heavy at the top, so that `solverhub --help` is quick; a command
imports what it needs when it runs.
"""
