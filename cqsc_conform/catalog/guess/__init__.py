"""From what a vendor already has to a first ``target.yaml``: guessing, pure, nothing followed."""
