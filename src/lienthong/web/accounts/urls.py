"""Addresses of sign-in and of an account's own security pages."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path

urlpatterns = [
    path("dang-nhap", account.login, name="account_login"),
    path("dang-nhap/ma", mfa.authenticate, name="mfa_authenticate"),
    path("dang-nhap/da-khoa", account.account_inactive, name="account_inactive"),
    path("dang-xuat", account.logout, name="account_logout"),
    path("tai-khoan", mfa.index, name="mfa_index"),
    path("tai-khoan/mat-khau", account.password_change, name="account_change_password"),
    path("tai-khoan/nhap-lai-mat-khau", account.reauthenticate, name="account_reauthenticate"),
    path("tai-khoan/nhap-lai-ma", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("tai-khoan/ma-xac-thuc", totp.activate_totp, name="mfa_activate_totp"),
    path("tai-khoan/ma-xac-thuc/tat", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("tai-khoan/ma-du-phong", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "tai-khoan/ma-du-phong/moi",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "tai-khoan/ma-du-phong/tai-ve",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
