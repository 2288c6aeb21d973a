"""Text -> Model: the expression grammar, laws, TOML, and faults with line, column and key."""
