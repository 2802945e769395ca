"""What was done and seen, by whom: audit, looks at personal data, row history, trace ids."""
