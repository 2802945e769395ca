"""Pages every system shares: base templates, sign-in, offices, looks, papers, health."""
