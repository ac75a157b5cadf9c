"""From YAML to typed, validated profiles and targets."""
