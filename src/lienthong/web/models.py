"""Tables of the web floor; each stands in the module it belongs to."""

from lienthong.web.legal_day import LegalDay
from lienthong.web.offices import Delegation, Office, Position
from lienthong.web.problem_counts import ProblemCount

__all__ = ["Delegation", "LegalDay", "Office", "Position", "ProblemCount"]
