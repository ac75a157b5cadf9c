"""The gate that a release of the standards must pass."""
