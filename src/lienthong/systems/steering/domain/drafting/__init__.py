"""
Proposals out of the text of a document, by rules: its head, and the tasks it gives.

A proposal is never saved by itself: it carries the sentence it came from and how
sure the rule is, and a person confirms, edits or drops it. No service outside
this node is asked.
"""
