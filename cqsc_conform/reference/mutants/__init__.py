"""Ways to be wrong in just one respect, one file an area."""
