"""
The hot path of the exchange: identify, authorise, sign, verify, log, forward.

It knows no Django: it can be started, tested and measured alone.
"""
