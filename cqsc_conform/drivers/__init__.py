"""All contact with a target."""
