"""What the laws of the repository read: its files, its library, its commands."""
