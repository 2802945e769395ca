"""One package per government system; strangers to each other."""
