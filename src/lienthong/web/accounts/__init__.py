"""
Accounts and sign-in (decision 27): local password and TOTP through allauth.

An account holds no name and no personal ID; who an officer is stands in the
dated rows of `lienthong.web.offices`. Later the identity system signs people in
on the same rows, by ``issuer`` and ``subject``. No other package imports allauth.
"""
