"""
The national electronic civil-status register: births, marriages, deaths, other events.

By the Law on Civil Status 60/2014/QH13, Decrees 123/2015/NĐ-CP and 87/2020/NĐ-CP it
is owned by the Ministry of Justice (G15) and kept at the desks of communes, districts
and provinces. It owns the entries of the books and what is printed from them. It
never invents a personal ID and never marks a person dead by itself: it asks
population for both through the exchange.
"""
