"""
The documents the seed names, and their tasks (fact sheet, part 8.1).

Numbers, dates, issuers and texts are those of Report 76/BC-BTTTT and the letter
6922/VP-KGVX. What the seed does not say (days on which bodies finished, the day
of the monthly report) is made up, and so are the two letters of VPCP and of the
province marked "giả định".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ..domain.deadlines import Cadence, DueKind, DueRule

CARRIES, REPORTS, PASSES, CITES = "carries_out", "reports_on", "passes_on", "cites"
NO_DATE = DueRule(DueKind.NONE, note="Văn bản không ghi thời hạn")
AT_ONCE = DueRule(DueKind.NONE, note="Triển khai ngay, không ghi ngày")
CONTINUOUS = DueRule(DueKind.NONE, note="Thường xuyên")


@dataclass(frozen=True, slots=True)
class SeedBody:
    code: str
    name: str
    parent: str
    serves_parent: bool = False
    abbreviation: str = ""


@dataclass(frozen=True, slots=True)
class SeedDocument:
    number: str
    issuer: str
    issued_on: date
    subject: str
    followed_by: str = "G22"
    signer: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SeedTask:
    document: str
    code: str
    leads: tuple[str, ...]
    text: str
    rule: DueRule
    source_ref: str = ""
    basis: str = ""
    field: str = ""
    product: str = ""
    co_leads: tuple[str, ...] = ()
    general: bool = False
    parents: tuple[tuple[str, str], ...] = ()
    parents_lead: str = "H33"
    periods_done: int = 0
    finished_on: date | None = None
    report: str = ""
    spread: tuple[date, date, float] | None = None
    """Made-up days: first, last, and the share of bodies that finished."""


ADDED = (
    SeedBody(
        "H33.VP",
        "Văn phòng Ủy ban nhân dân tỉnh Kiên Giang",
        "H33",
        serves_parent=True,
        abbreviation="VP",
    ),
    SeedBody(
        "H33.STTTT",
        "Sở Thông tin và Truyền thông tỉnh Kiên Giang",
        "H33",
        abbreviation="STTTT",
    ),
    SeedBody("H33.STP", "Sở Tư pháp tỉnh Kiên Giang", "H33", abbreviation="STP"),
    SeedBody("H33.SYT", "Sở Y tế tỉnh Kiên Giang", "H33", abbreviation="SYT"),
)

PLATFORM = "Chính phủ điện tử"
SERVICES = "Dịch vụ công trực tuyến"
EPIDEMIC = "Phòng, chống dịch COVID-19"
DATA = "Dữ liệu, báo cáo"

DOCUMENTS = (
    SeedDocument(
        "17/NQ-CP",
        "CP",
        date(2019, 3, 7),
        "Về một số nhiệm vụ, giải pháp trọng tâm phát triển Chính phủ điện tử giai đoạn"
        " 2019 - 2020, định hướng đến 2025",
    ),
    SeedDocument(
        "435/LĐCP",
        "TTg",
        date(2019, 10, 16),
        "Về việc báo cáo tình hình thực hiện Nghị quyết số 17/NQ-CP tại các phiên họp Chính phủ"
        " thường kỳ",
        links=(("17/NQ-CP", CARRIES),),
    ),
    SeedDocument(
        "701/QĐ-TTg",
        "TTg",
        date(2020, 5, 26),
        "Về kiện toàn Ban Chỉ đạo xây dựng Chính phủ điện tử, chính quyền điện tử",
        links=(("17/NQ-CP", CARRIES),),
    ),
    SeedDocument(
        "4013/VPCP-KSTT",
        "G22",
        date(2021, 6, 16),
        "Về thực hiện nhiệm vụ cung cấp dịch vụ công trực tuyến và cơ chế một cửa",
    ),
    SeedDocument(
        "4030/VPCP-KSTT",
        "G22",
        date(2021, 6, 16),
        "Về cung cấp thông tin giới thiệu và niên giám thống kê của tỉnh",
    ),
    SeedDocument(
        "4061/VPCP-KSTT",
        "G22",
        date(2021, 6, 18),
        "Về cung cấp thông tin, dữ liệu, chỉ tiêu kinh tế - xã hội phục vụ chỉ đạo điều hành",
    ),
    SeedDocument(
        "2304/BTTTT-THH",
        "G14",
        date(2021, 6, 29),
        "Về Chiến lược phát triển Chính phủ điện tử hướng tới Chính phủ số giai đoạn 2021 - 2025,"
        " định hướng đến năm 2030",
        followed_by="G14",
    ),
    SeedDocument(
        "68/NQ-CP",
        "CP",
        date(2021, 7, 1),
        "Về một số chính sách hỗ trợ người lao động và người sử dụng lao động gặp khó khăn do đại"
        " dịch COVID-19",
    ),
    SeedDocument(
        "4834/VP-KGVX",
        "H33.VP",
        date(2021, 7, 6),
        "Về chỉ đạo của Thường trực Ủy ban nhân dân tỉnh đối với Chiến lược phát triển Chính phủ"
        " điện tử hướng tới Chính phủ số",
        followed_by="H33.VP",
        links=(("2304/BTTTT-THH", PASSES),),
    ),
    SeedDocument(
        "23/2021/QĐ-TTg",
        "TTg",
        date(2021, 7, 7),
        "Quy định về việc thực hiện một số chính sách hỗ trợ người lao động và người sử dụng lao"
        " động gặp khó khăn do đại dịch COVID-19",
        links=(("68/NQ-CP", CARRIES),),
    ),
    SeedDocument(
        "88/NQ-CP",
        "CP",
        date(2021, 8, 12),
        "Phiên họp Chính phủ trực tuyến toàn quốc với các địa phương về tình hình kinh tế - xã hội"
        " tháng 7 và 7 tháng năm 2021",
    ),
    SeedDocument(
        "76/BC-BTTTT",
        "G14",
        date(2021, 8, 27),
        "Tình hình thực hiện Nghị quyết số 17/NQ-CP ngày 07/3/2019 của Chính phủ về một số nhiệm"
        " vụ, giải pháp trọng tâm phát triển Chính phủ điện tử giai đoạn 2019 - 2020, định hướng"
        " đến 2025",
        signer="Thứ trưởng Nguyễn Huy Dũng",
        links=(
            ("435/LĐCP", CARRIES),
            ("17/NQ-CP", REPORTS),
            ("2304/BTTTT-THH", CITES),
            ("68/NQ-CP", CITES),
            ("23/2021/QĐ-TTg", CITES),
            ("4061/VPCP-KSTT", CITES),
            ("4030/VPCP-KSTT", CITES),
            ("4013/VPCP-KSTT", CITES),
            ("88/NQ-CP", CITES),
            ("701/QĐ-TTg", CITES),
        ),
    ),
    SeedDocument(
        "6922/VP-KGVX",
        "H33.VP",
        date(2021, 9, 11),
        "V/v tham mưu, thực hiện các đề xuất, kiến nghị của Bộ Thông tin và Truyền thông tại Báo"
        " cáo số 76/BC-BTTTT",
        followed_by="H33.VP",
        signer="Phó Chánh Văn phòng Trần Công Danh",
        links=(
            ("76/BC-BTTTT", PASSES),
            ("2304/BTTTT-THH", CITES),
            ("4834/VP-KGVX", CITES),
            ("68/NQ-CP", CITES),
            ("23/2021/QĐ-TTg", CITES),
        ),
    ),
    SeedDocument(
        "5311/VPCP-KSTT",
        "G22",
        date(2021, 7, 20),
        "Về rà soát, công bố dịch vụ công trực tuyến của từng bộ (văn bản giả định để trình diễn)",
        links=(("17/NQ-CP", CARRIES),),
    ),
    SeedDocument(
        "5121/VP-KGVX",
        "H33.VP",
        date(2021, 8, 2),
        "Về một số việc chuẩn bị hạ tầng số của tỉnh (văn bản giả định để trình diễn)",
        followed_by="H33.VP",
        links=(("17/NQ-CP", CARRIES),),
    ),
)

REPORT, LETTER = "76/BC-BTTTT", "6922/VP-KGVX"
MADE_UP, MADE_UP_HERE = "5311/VPCP-KSTT", "5121/VP-KGVX"
WITH = (
    "H33.VP",
    "các ngành, địa phương liên quan",
)

TASKS = (
    SeedTask(
        "435/LĐCP",
        "435-1",
        ("G14",),
        "Báo cáo tình hình thực hiện Nghị quyết số 17/NQ-CP tại các phiên họp Chính phủ thường kỳ",
        DueRule(
            DueKind.CADENCE,
            day=date(2019, 11, 25),
            cadence=Cadence.MONTH,
            note="Ngày 25 hằng tháng là giả định; văn bản chỉ nói phiên họp thường kỳ",
        ),
        field=PLATFORM,
        product="Báo cáo tháng",
        periods_done=21,
    ),
    SeedTask(
        "701/QĐ-TTg",
        "701-1",
        ("@all",),
        "Kiện toàn Ban Chỉ đạo xây dựng Chính phủ điện tử, chính quyền điện tử để chỉ đạo thêm nội"
        " dung về chuyển đổi số, kinh tế số và đô thị thông minh",
        NO_DATE,
        field=PLATFORM,
        product="Quyết định kiện toàn",
        report="Đã kiện toàn Ban Chỉ đạo (theo Báo cáo 76/BC-BTTTT mục I.1; ngày là giả định).",
    ),
    SeedTask(
        "88/NQ-CP",
        "88-1",
        ("G14",),
        "Xây dựng và triển khai sổ sức khỏe điện tử phục vụ công tác phòng, chống dịch COVID-19",
        NO_DATE,
        source_ref="I.1",
        field=EPIDEMIC,
        product="Sổ sức khỏe điện tử",
    ),
    SeedTask(
        "88/NQ-CP",
        "88-2",
        ("G14",),
        "Xây dựng và triển khai sổ tay điện tử hướng dẫn phòng, chống, điều trị COVID-19",
        NO_DATE,
        source_ref="I.1",
        field=EPIDEMIC,
        product="Sổ tay điện tử",
    ),
    SeedTask(
        "23/2021/QĐ-TTg",
        "23-1",
        ("G22",),
        "Triển khai chế độ báo cáo về tình hình thực hiện hỗ trợ người lao động và người sử dụng"
        " lao động gặp khó khăn do đại dịch COVID-19",
        CONTINUOUS,
        field=DATA,
        product="Chế độ báo cáo",
        co_leads=("G07", "G24"),
    ),
    SeedTask(
        REPORT,
        "R1",
        ("TTg",),
        "Xem xét kiện toàn và đổi tên Ủy ban Quốc gia về Chính phủ điện tử",
        NO_DATE,
        source_ref="III.1",
        field=PLATFORM,
        co_leads=("G14",),
    ),
    SeedTask(
        REPORT,
        "R2a",
        ("@all",),
        "Tổ chức triển khai ngay các nhiệm vụ được giao tại Chiến lược phát triển Chính phủ điện tử"
        " hướng tới Chính phủ số giai đoạn 2021 - 2025, định hướng đến năm 2030",
        AT_ONCE,
        source_ref="III.2.a",
        basis="Công văn số 2304/BTTTT-THH ngày 29/6/2021",
        field=PLATFORM,
    ),
    SeedTask(
        REPORT,
        "R2b-1",
        ("@all",),
        "Hoàn thành xây dựng, tổ chức triển khai ngay các chiến lược, chương trình, kế hoạch, đề án"
        " chuyển đổi số cho giai đoạn mới",
        AT_ONCE,
        source_ref="III.2.b",
        field="Chuyển đổi số",
        product="Chương trình, kế hoạch, đề án chuyển đổi số",
    ),
    SeedTask(
        REPORT,
        "R2b-2",
        ("@all",),
        "Thực hiện các nhiệm vụ theo Chương trình chuyển đổi số quốc gia",
        CONTINUOUS,
        source_ref="III.2.b",
        field="Chuyển đổi số",
    ),
    SeedTask(
        REPORT,
        "R2c",
        ("@all",),
        "Tiếp tục duy trì, phát triển các hoạt động trực tuyến, ứng dụng công nghệ số trong mọi mặt"
        " đời sống kinh tế - xã hội trong tình hình dịch bệnh COVID-19 diễn biến phức tạp",
        CONTINUOUS,
        source_ref="III.2.c",
        field=EPIDEMIC,
    ),
    SeedTask(
        REPORT,
        "R2d",
        ("@all",),
        "Tiếp tục đẩy mạnh cung cấp dịch vụ công trực tuyến phục vụ người dân và doanh nghiệp",
        CONTINUOUS,
        source_ref="III.2.d",
        field=SERVICES,
    ),
    SeedTask(
        REPORT,
        "R2đ",
        ("@all",),
        "Chỉ đạo, đôn đốc các đơn vị chức năng xử lý kịp thời các phản ánh kiến nghị và dịch vụ"
        " công trực tuyến theo Nghị quyết số 68/NQ-CP và Quyết định số 23/2021/QĐ-TTg",
        CONTINUOUS,
        source_ref="III.2.đ",
        basis="68/NQ-CP ngày 01/7/2021; 23/2021/QĐ-TTg ngày 07/7/2021",
        field=SERVICES,
        co_leads=("các đơn vị chức năng",),
    ),
    SeedTask(
        REPORT,
        "R2e",
        ("@all",),
        "Thực hiện việc cung cấp thông tin, dữ liệu, chỉ tiêu kinh tế - xã hội phục vụ chỉ đạo điều"
        " hành của Chính phủ, Thủ tướng Chính phủ",
        DueRule(DueKind.NONE, note="Theo Công văn số 4061/VPCP-KSTT"),
        source_ref="III.2.e",
        basis="Công văn số 4061/VPCP-KSTT ngày 18/6/2021",
        field=DATA,
        co_leads=("G22",),
    ),
    SeedTask(
        REPORT,
        "R2g-1",
        ("@provinces",),
        "Tiếp tục phối hợp với Văn phòng Chính phủ cung cấp thông tin giới thiệu và niên giám thống"
        " kê của tỉnh",
        DueRule(DueKind.NONE, note="Theo thời hạn tại Công văn số 4030/VPCP-KSTT"),
        source_ref="III.2.g",
        basis="Công văn số 4030/VPCP-KSTT ngày 16/6/2021",
        field=DATA,
        product="Thông tin giới thiệu, niên giám thống kê",
        co_leads=("G22",),
    ),
    SeedTask(
        REPORT,
        "R2g-2",
        ("@provinces",),
        "Thực hiện nhiệm vụ về cung cấp dịch vụ công trực tuyến và cơ chế một cửa tại các Nghị"
        " quyết của Chính phủ",
        DueRule(DueKind.NONE, note="Theo Công văn số 4013/VPCP-KSTT"),
        source_ref="III.2.g",
        basis="Công văn số 4013/VPCP-KSTT ngày 16/6/2021",
        field=SERVICES,
    ),
    SeedTask(
        LETTER,
        "C0",
        ("H33.STTTT",),
        "Tham mưu Ủy ban nhân dân tỉnh thực hiện các đề xuất, kiến nghị của Bộ Thông tin và Truyền"
        " thông tại Báo cáo số 76/BC-BTTTT",
        NO_DATE,
        field=PLATFORM,
        co_leads=WITH,
        general=True,
        parents=tuple(
            (REPORT, code)
            for code in ("R2a", "R2b-1", "R2b-2", "R2c", "R2d", "R2đ", "R2e", "R2g-1", "R2g-2")
        ),
    ),
    SeedTask(
        LETTER,
        "C1",
        ("H33.STTTT",),
        "Khẩn trương triển khai các nhiệm vụ được giao tại Chiến lược phát triển Chính phủ điện tử"
        " hướng tới Chính phủ số giai đoạn 2021-2025, định hướng đến năm 2020",
        DueRule(DueKind.NONE, note="Khẩn trương, không ghi ngày"),
        source_ref="1",
        basis="2304/BTTTT-THH ngày 29/6/2021; 4834/VP-KGVX ngày 06/7/2021",
        field=PLATFORM,
        co_leads=WITH,
        parents=((REPORT, "R2a"),),
    ),
    SeedTask(
        LETTER,
        "C2",
        ("H33.STTTT",),
        "Tiếp tục duy trì, phát triển các hoạt động trực tuyến, ứng dụng công nghệ số trong mọi mặt"
        " đời sống kinh tế - xã hội và công tác phòng, chống dịch bệnh Covid-19; đẩy mạnh cung cấp"
        " dịch vụ công trực tuyến phục vụ người dân và doanh nghiệp",
        CONTINUOUS,
        source_ref="2",
        field=SERVICES,
        co_leads=WITH,
        parents=((REPORT, "R2c"), (REPORT, "R2d")),
    ),
    SeedTask(
        LETTER,
        "C3",
        ("H33.STTTT",),
        "Theo dõi, tham mưu xử lý kịp thời các phản ánh kiến nghị và dịch vụ công trực tuyến theo"
        " Nghị quyết số 68/NQ-CP và Quyết định số 23/2021/QĐ-TTg",
        CONTINUOUS,
        source_ref="3",
        basis="68/NQ-CP ngày 01/7/2021; 23/2021/QĐ-TTg ngày 07/7/2021",
        field=SERVICES,
        co_leads=WITH,
        parents=((REPORT, "R2đ"),),
    ),
    SeedTask(
        MADE_UP,
        "V1",
        ("@ministries",),
        "Rà soát danh mục dịch vụ công trực tuyến mức độ 3, 4 và báo cáo Văn phòng Chính phủ",
        DueRule(DueKind.DATE, day=date(2021, 8, 10)),
        source_ref="1",
        field=SERVICES,
        product="Báo cáo rà soát",
        spread=(date(2021, 7, 28), date(2021, 8, 13), 0.8),
    ),
    SeedTask(
        MADE_UP,
        "V2",
        ("@ministries",),
        "Công bố danh mục dữ liệu mở của bộ, cơ quan",
        DueRule(DueKind.DATE, day=date(2021, 8, 25)),
        source_ref="2",
        field=DATA,
        product="Danh mục dữ liệu mở",
        spread=(date(2021, 8, 2), date(2021, 8, 18), 0.4),
    ),
    SeedTask(
        MADE_UP_HERE,
        "K1",
        ("H33.STTTT",),
        "Trình phương án dự phòng cho trung tâm dữ liệu của tỉnh",
        DueRule(DueKind.WORKING_DAYS, days=10),
        source_ref="1",
        field=PLATFORM,
        product="Tờ trình",
        co_leads=("H33.VP",),
    ),
    SeedTask(
        MADE_UP_HERE,
        "K2",
        ("H33.STTTT",),
        "Báo cáo kết quả kiểm tra an toàn thông tin của các sở, ngành",
        DueRule(DueKind.DATE, day=date(2021, 8, 25)),
        source_ref="2",
        field="An toàn thông tin",
        product="Báo cáo",
    ),
    SeedTask(
        MADE_UP_HERE,
        "K3",
        ("H33.STP",),
        "Hoàn thành số hóa sổ hộ tịch của ba xã thí điểm",
        DueRule(DueKind.DATE, day=date(2021, 8, 15)),
        source_ref="3",
        field=DATA,
        product="Sổ hộ tịch điện tử",
        finished_on=date(2021, 8, 13),
    ),
    SeedTask(
        MADE_UP_HERE,
        "K4",
        ("H33.SYT",),
        "Kết nối phần mềm của mười trạm y tế xã với hệ thống của tỉnh",
        DueRule(DueKind.DATE, day=date(2021, 8, 10)),
        source_ref="4",
        field=EPIDEMIC,
        product="Biên bản kết nối",
        finished_on=date(2021, 8, 12),
    ),
    SeedTask(
        MADE_UP_HERE,
        "K5",
        ("H33.STP",),
        "Tham mưu kế hoạch tập huấn công chức tư pháp - hộ tịch về chữ ký số",
        DueRule(DueKind.DATE, day=date(2021, 9, 30)),
        source_ref="5",
        field="Chuyển đổi số",
        product="Kế hoạch",
    ),
    SeedTask(
        MADE_UP_HERE,
        "K6",
        ("H33.SYT",),
        "Báo cáo số giường điều trị sẵn sàng và dữ liệu tiêm chủng hằng tuần",
        DueRule(DueKind.CADENCE, day=date(2021, 8, 6), cadence=Cadence.WEEK),
        source_ref="6",
        field=EPIDEMIC,
        product="Báo cáo tuần",
        periods_done=1,
    ),
)

# Report 76/BC-BTTTT, I.1: bodies that reorganised their committee (F069, F070).
CENTRAL = ("G24", "G14", "G15", "G02")
CITIES = ("Hải Phòng", "Hà Nội")
PROVINCES = (
    "Bến Tre",
    "Cao Bằng",
    "Gia Lai",
    "Kon Tum",
    "Đắk Lắk",
    "Hà Nam",
    "Ninh Thuận",
    "Thừa Thiên Huế",
    "Lạng Sơn",
    "Long An",
    "Quảng Trị",
    "Bắc Giang",
    "Khánh Hòa",
    "Tây Ninh",
    "Quảng Ngãi",
    "Đồng Nai",
    "Ninh Bình",
    "Thanh Hóa",
    "Vĩnh Phúc",
    "Bắc Ninh",
    "Bạc Liêu",
    "Lâm Đồng",
    "Bình Định",
    "Quảng Nam",
    "Quảng Bình",
    "Tuyên Quang",
    "Bình Dương",
    "Cà Mau",
    "Bà Rịa - Vũng Tàu",
    "Tiền Giang",
)
REORGANISED = frozenset(
    {*CENTRAL}
    | {f"Ủy ban nhân dân thành phố {name}" for name in CITIES}
    | {f"Ủy ban nhân dân tỉnh {name}" for name in PROVINCES}
)
