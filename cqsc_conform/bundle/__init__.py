"""What a run leaves behind: journal, evidence, seal."""
