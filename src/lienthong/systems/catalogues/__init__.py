"""
Catalogues every system stands on: administrative units and their successions,
bodies and codes, working calendar, time limits.

Each row is dated and names its legal basis (Decision 19/2025/QĐ-TTg for the
units since 1 July 2025). The tables are published as numbered snapshots; nodes
keep a copy (`lienthong.web.catalogues`). It never changes what a code meant in
the past: a merger closes rows, opens rows and links them.
"""
