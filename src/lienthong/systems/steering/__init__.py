"""
The steering secretariat: collects the month's figures and writes the monthly report.

Report 76/BC-BTTTT tells what each system achieved in a month under Resolution
17/NQ-CP; Document 435/LĐCP of 16 October 2019 asks for it at each regular
meeting of the Government. This system owns the editions of that report, their
numbers in the register of outgoing documents (Decree 30/2020, article 15), the
figures as they were collected, and the notes on relations that do not hold.

It never counts another system's rows, never corrects a figure, and never writes
a number that no system stated.
"""
