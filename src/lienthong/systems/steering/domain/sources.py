"""
What a reader calls the books a figure is counted in.

A system names its source by the table it counts (``records: DeskUser``), which
means something to who checks the program. The report is read by everybody, so
it says the book's name and keeps the technical one beside it in small print.
"""

from __future__ import annotations

NAMES = {
    "records: Desk": "Danh sách cơ quan đăng ký hộ tịch",
    "records: DeskUser": "Danh sách tài khoản cán bộ dùng sổ hộ tịch điện tử",
    "records: BirthRegistration": "Sổ đăng ký khai sinh",
    "records: MarriageRegistration": "Sổ đăng ký kết hôn",
    "records: DeathRegistration": "Sổ đăng ký khai tử",
    "records: OtherRegistration": "Sổ ghi các việc hộ tịch khác",
    "records: PersonalIdRow": "Sổ cấp số định danh cá nhân",
    "records: subsystems": "Danh bạ hệ thống kết nối trục liên thông",
    "records: members, subsystems": "Danh bạ đơn vị và hệ thống kết nối trục liên thông",
    "records: Task": "Sổ theo dõi nhiệm vụ được giao",
    "records: Task, Progress": "Sổ theo dõi nhiệm vụ được giao và báo cáo hoàn thành",
    "rollups: provider-side answered exchanges": (
        "Sổ đếm giao dịch đã trả lời, ghi tại bên cung cấp"
    ),
    "rollups: provider-side answered exchanges by day": (
        "Sổ đếm giao dịch đã trả lời theo ngày, ghi tại bên cung cấp"
    ),
    "rollups: provider-side answered exchanges; signed days of other gateways": (
        "Sổ đếm giao dịch đã trả lời, ghi tại bên cung cấp; báo cáo ngày đã ký của các cổng khác"
    ),
    "rollups: provider-side answered exchanges by day; signed days of other gateways": (
        "Sổ đếm giao dịch đã trả lời theo ngày, ghi tại bên cung cấp; "
        "báo cáo ngày đã ký của các cổng khác"
    ),
}


def name_of(source: str) -> str:
    """The Vietnamese name of a source; of one not known here, nothing."""
    return NAMES.get(source, "")
