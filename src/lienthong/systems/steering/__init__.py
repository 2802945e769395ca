"""
The steering secretariat: assigns tasks, follows them, and writes the monthly report.

Report 76/BC-BTTTT tells what each system achieved in a month under Resolution
17/NQ-CP; Document 435/LĐCP of 16 October 2019 asks for it at each regular
meeting of the Government. Documents of the Government, a ministry or a province
assign tasks (Decision 42/2014/QĐ-TTg as amended by Decision 23/2018/QĐ-TTg). This
system owns those documents and tasks, what was reported on them and decided about
their deadlines; the editions of the monthly report, their numbers in the register
of outgoing documents (Decree 30/2020, article 15), the figures as they were
collected, and the notes on relations that do not hold.

It never counts another system's rows, never corrects a figure, and never writes
a number that no system stated.
"""
