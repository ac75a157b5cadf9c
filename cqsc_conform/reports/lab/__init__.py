"""The papers of a laboratory: its report, the conformity statement, the opinion of recognition."""
