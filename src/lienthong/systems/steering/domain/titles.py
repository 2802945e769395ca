"""What the report calls each system, in the order in which it tells of them."""

from __future__ import annotations

TITLES = {
    "directory": "Danh bạ Nền tảng tích hợp, chia sẻ dữ liệu quốc gia",
    "population": "Cơ sở dữ liệu quốc gia về dân cư",
    "civil_status": "Cơ sở dữ liệu hộ tịch điện tử",
    "insurance": "Cơ sở dữ liệu về bảo hiểm",
    "documents": "Trục liên thông văn bản quốc gia",
    "cabinet": "Hệ thống e-Cabinet",
    "reporting": "Hệ thống thông tin báo cáo quốc gia",
    "command_centre": "Trung tâm thông tin, chỉ đạo điều hành",
    "portal": "Cổng Dịch vụ công quốc gia",
    "relief": "Hệ thống hỗ trợ do đại dịch COVID-19",
    "cyber_watch": "Trung tâm Giám sát an toàn không gian mạng quốc gia",
    "steering": "Ban Chỉ đạo",
    "": "Người soạn báo cáo",
}
