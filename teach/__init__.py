"""The instructors' tools of the SRCNN course: `python -m teach COMMAND --help`. What they do is in README.md."""
