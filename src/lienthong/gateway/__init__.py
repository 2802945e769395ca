"""The hot path of the exchange: identify, authorise, sign, verify, log, forward. Knows no Django."""
