"""
The national population database: persons and their personal identification numbers.

By the Law on Citizen Identification 59/2014/QH13, Decree 137/2015/NĐ-CP and
Circular 59/2021/TT-BCA it is owned by the Ministry of Public Security (G01). It
owns persons, their particulars and every number ever issued. It never registers a
birth or a death itself: it answers civil status, which does, and it never gives a
number a second time.
"""
