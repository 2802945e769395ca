"""
Whether a document keeps the layout of Decree 30/2020/NĐ-CP, annex I.

`check` reads a PDF (where things stand) or a DOCX (how they are set) and lists
every rule that is not kept: L01 to L18, with an error or a warning and what was
found. The rules of text are one for both.
"""
