"""
Signatures on documents: PAdES on PDF, JWS on the machine-readable twin.

`signing` puts a person's and then a body's signature on a PDF, `checking` tells
offline who signed what and whether it is unchanged, `boxes` finds where they
stand, `twins` does both for JSON. What pyHanko does, it does in a process of its
own (`pdf_child.py`) that holds no private key: it asks for each signature value
over its pipe.
"""
