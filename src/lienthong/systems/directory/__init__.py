"""
The directory of the National Data Exchange Platform (NDXP).

Decree 47/2020/NĐ-CP on managing, connecting and sharing digital data asks the
platform's operator to keep who is connected, what each shares and with whom.
This system owns members, subsystems, offers, access grants, certificates and
the numbered, signed snapshots that every gateway reads. It never sees a
message: traffic stays in the gateways' logs and is asked for from there.
"""
