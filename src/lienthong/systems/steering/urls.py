"""Addresses of the steering secretariat: its desk, and the published reports."""

from __future__ import annotations

from django.urls import path, register_converter

from .views import (
    catalogue,
    desk,
    directives,
    drafting,
    figures,
    letters,
    published,
    signing,
    tasks,
    trends,
    writing,
)


class MonthConverter:
    """``2021-08``."""

    regex = r"[0-9]{4}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(MonthConverter, "steering_month")

app_name = "steering"
DESK = "canbo/steering/<steering_month:month>"
PUBLIC = "bao-cao/<steering_month:month>"
TASKS = "canbo/nhiem-vu/"
LETTERS = "canbo/nhiem-vu/den/"
FIGURES = "canbo/so-lieu/"

urlpatterns = [
    path("canbo/steering/", desk.editions, name="editions"),
    path(f"{DESK}/", desk.edition, name="edition"),
    path(f"{DESK}/collect", desk.collect, name="collect"),
    path(f"{DESK}/collecting", desk.collecting, name="collecting"),
    path(f"{DESK}/collect/<slug:source>", desk.collect_one, name="collect_one"),
    path(f"{DESK}/receipts", desk.receipts, name="receipts"),
    path(f"{DESK}/note", desk.note, name="note"),
    path(f"{DESK}/chon", desk.choose, name="choose"),
    path(f"{DESK}/ly-do", desk.explain, name="explain"),
    path(f"{DESK}/xu-huong", trends.trends, name="trends"),
    path(f"{DESK}/phat-hanh", desk.confirm, name="confirm"),
    path(f"{DESK}/issue", desk.issue, name="issue"),
    path(f"{DESK}/soan/", writing.page, name="writing"),
    path(f"{DESK}/soan/<slug:section>/them", writing.add, name="passage_add"),
    path(f"{DESK}/soan/<slug:section>/duyet", writing.approve, name="section_approve"),
    path(f"{DESK}/soan/doan/<int:pk>", writing.edit, name="passage_edit"),
    path(f"{DESK}/soan/doan/<int:pk>/hoan-tac", writing.undo, name="passage_undo"),
    path(f"{DESK}/soan/doan/<int:pk>/gop-y", writing.comment, name="passage_comment"),
    path("canbo/steering/cho-ky", signing.waiting, name="signing_list"),
    path(f"{DESK}/ky", signing.page, name="signing"),
    path(f"{DESK}/ky/tep.<str:kind>", signing.file, name="signing_file"),
    path(f"{DESK}/ky/nguoi-ky", signing.sign, name="sign"),
    path(f"{DESK}/ky/dong-dau", signing.seal, name="seal"),
    path(f"{DESK}/ky/tra-lai", signing.refuse, name="signing_refuse"),
    path(f"{DESK}/bao-cao.<str:kind>", desk.download, name="download"),
    path(TASKS, tasks.index, name="tasks"),
    path(f"{TASKS}nhiem-vu.csv", tasks.export, name="tasks_export"),
    path(f"{TASKS}<int:pk>/", tasks.task, name="task"),
    path(f"{TASKS}<int:pk>/sua", tasks.edit, name="task_edit"),
    path(f"{TASKS}<int:pk>/rut", tasks.withdraw, name="task_withdraw"),
    path(f"{TASKS}<int:pk>/bao-cao", tasks.report, name="task_report"),
    path(f"{TASKS}<int:pk>/gia-han", tasks.ask_extension, name="extension_ask"),
    path(f"{TASKS}gia-han/<int:pk>", tasks.decide_extension, name="extension_decide"),
    path(f"{TASKS}bao-cao/<int:pk>/rut", tasks.take_back, name="report_take_back"),
    path(f"{TASKS}bao-cao/<int:pk>/ngay", tasks.decide_day, name="report_day"),
    path(f"{TASKS}bao-cao/<int:pk>/rut-tep", tasks.withdraw_evidence, name="evidence_withdraw"),
    path(f"{TASKS}tep/<str:digest>", tasks.evidence, name="evidence"),
    path(f"{TASKS}nhac-viec", tasks.reminders, name="reminders"),
    path(f"{TASKS}co-quan", directives.bodies, name="bodies"),
    path(f"{TASKS}van-ban/", directives.index, name="documents"),
    path(f"{TASKS}van-ban/doc", drafting.read, name="draft"),
    path(f"{TASKS}van-ban/moi", directives.enter, name="document_enter"),
    path(f"{TASKS}van-ban/<int:pk>/", directives.document, name="document"),
    path(f"{TASKS}van-ban/<int:pk>/sua", directives.edit, name="document_edit"),
    path(f"{TASKS}van-ban/<int:pk>/ban-giao", directives.hand_over, name="hand_over"),
    path(f"{TASKS}van-ban/<int:pk>/giao", directives.assign, name="assign"),
    path(LETTERS, letters.index, name="letters"),
    path(f"{LETTERS}moi", letters.receive, name="receive"),
    path(f"{LETTERS}<int:pk>/", letters.reception, name="reception"),
    path(f"{LETTERS}<int:pk>/y-kien", letters.opinion, name="opinion"),
    path(f"{LETTERS}y-kien/<int:pk>/rut", letters.withdraw_opinion, name="opinion_withdraw"),
    path(f"{LETTERS}<int:pk>/soan", letters.draft, name="letter_draft"),
    path(f"{LETTERS}cong-van/<int:pk>/", letters.letter, name="letter"),
    path(f"{LETTERS}cong-van/<int:pk>/sua", letters.edit, name="letter_edit"),
    path(f"{LETTERS}cong-van/<int:pk>/giai-trinh", letters.explain, name="letter_explain"),
    path(f"{LETTERS}cong-van/<int:pk>/bo", letters.drop, name="letter_drop"),
    path(f"{LETTERS}cong-van/<int:pk>/phat-hanh", letters.issue, name="letter_issue"),
    path(f"{LETTERS}cong-van/<int:pk>/cong-van.<str:kind>", letters.download, name="letter_file"),
    path(FIGURES, figures.index, name="figures"),
    path(f"{FIGURES}nguong", figures.trend_limits, name="trend_limits"),
    path(f"{FIGURES}<steering_month:month>/<slug:code>", figures.enter, name="figure_enter"),
    path(f"{FIGURES}<int:pk>/", figures.entry, name="figure_entry"),
    path(f"{FIGURES}<int:pk>/sua", figures.edit, name="figure_edit"),
    path(f"{FIGURES}<int:pk>/duyet", figures.decide, name="figure_decide"),
    path(f"{FIGURES}<int:pk>/rut", figures.withdraw, name="figure_withdraw"),
    path(f"{FIGURES}<int:pk>/tep", figures.evidence, name="figure_evidence"),
    path("danh-muc-so-lieu/", catalogue.index, name="catalogue"),
    path("danh-muc-so-lieu/danh-muc.csv", catalogue.export, name="catalogue_file"),
    path("danh-muc-so-lieu/<slug:code>/", catalogue.figure, name="figure"),
    path("bao-cao/", published.reports, name="reports"),
    path(f"{PUBLIC}/", published.report, name="report"),
    path(f"{PUBLIC}/lan-<int:version>/", published.edition, name="report_edition"),
    path(f"{PUBLIC}/bao-cao.<str:kind>", published.download, name="report_file"),
]
