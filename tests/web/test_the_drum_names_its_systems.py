"""The face of the drum: whatever the number of systems, no name is written over another."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from lienthong.web.topology import Point, Topology, draw

# The largest type the style sheet gives these words (on a phone), and how wide its letters run.
SIZE = 24
LETTER = 0.56
TEXT = re.compile(r'<text(?: class="([lr])")? x="([\d.]+)" y="([\d.]+)">([^<]+)</text>')
NAMES = (
    "Hộ tịch điện tử",
    "Dân cư",
    "Danh mục dùng chung",
    "Báo cáo tháng của Ban Chỉ đạo",
    "Danh bạ",
    "Bảo hiểm xã hội",
    "Cổng dịch vụ công",
    "Doanh nghiệp",
    "Đất đai",
)


def boxes(count: int) -> list[tuple[str, float, float, float, float]]:
    """Name, left, top, right and bottom of each line of the picture."""
    points = tuple(Point(str(at), NAMES[at]) for at in range(count))
    found = []
    for side, x, y, line in TEXT.findall(str(draw(Topology(points, ())))):
        width = len(line) * SIZE * LETTER
        left = {"l": float(x) - width, "r": float(x)}.get(side, float(x) - width / 2)
        found.append((line, left, float(y) - SIZE * 0.8, left + width, float(y) + SIZE * 0.2))
    return found


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_no_name_lies_over_another(count: int) -> None:
    found = boxes(count)
    assert len(found) >= count
    over = [
        (one[0], other[0])
        for one, other in combinations(found, 2)
        if one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]
    ]
    assert over == []
