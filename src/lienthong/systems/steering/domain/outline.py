"""
The report sentence by sentence, after the blocks of Report 76/BC-BTTTT.

Every figure of the register stands in exactly one sentence. A sentence names the
system that states its figures; where that system is not connected, or does not
state them, the page lists the sentence with its figures as not answered. There is
no number anywhere in this module: numbers come from systems or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .wording import Form


@dataclass(frozen=True, slots=True)
class Fig:
    """The place of a figure in a sentence."""

    code: str
    form: Form = Form.EXACT


@dataclass(frozen=True, slots=True)
class Slot:
    """A date or month filled in from the edition: ``as_of``, ``month``, ``year``."""

    name: str


Part = str | Fig | Slot


@dataclass(frozen=True, slots=True)
class Sentence:
    """
    One statement of the report.

    ``system`` is the package that states its figures; empty when a person writes it.
    ``gist`` says in a few words what it tells, for the list of what is not answered.
    """

    key: str
    system: str
    gist: str
    parts: tuple[Part, ...] = ()
    unanswered: tuple[str, ...] = ()
    """Codes it needs, for a sentence this release cannot compose."""

    @property
    def codes(self) -> tuple[str, ...]:
        named = tuple(part.code for part in self.parts if isinstance(part, Fig))
        return named or self.unanswered


@dataclass(frozen=True, slots=True)
class Item:
    """Sentences that follow each other in one paragraph."""

    mark: str
    lead: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Section:
    number: str
    level: int
    title: str
    anchor: str
    items: tuple[Item, ...] = ()

    @property
    def label(self) -> str:
        """``I.3``."""
        return self.anchor.replace("-", ".")

    @property
    def short(self) -> str:
        """Its name in the table of contents."""
        return SHORT.get(self.anchor, self.title)


SHORT = {
    "I": "Kết quả thực hiện",
    "I-1": "Chỉ đạo, điều hành",
    "I-2": "Thể chế",
    "I-3": "Nền tảng, dữ liệu",
    "I-4": "Hệ thống phục vụ",
    "I-4-a": "Đổi mới lề lối làm việc",
    "I-4-b": "Người dân, doanh nghiệp",
    "I-5": "An toàn thông tin",
    "II": "Đánh giá",
    "III": "Kiến nghị",
}


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


def later(key: str, system: str, gist: str, *codes: str, mark: str = "-") -> Item:
    """A statement that no connected system can support yet."""
    return Item(mark, "", (Sentence(key, system, gist, unanswered=codes),))


AS_OF, MONTH, YEAR = Slot("as_of"), Slot("month"), Slot("year")

OUTLINE: tuple[Section, ...] = (
    Section("I.", 1, "Tình hình triển khai, kết quả thực hiện", "I"),
    Section(
        "1.",
        2,
        "Về công tác chỉ đạo, điều hành",
        "I-1",
        (
            later("I.1.a", "", "Nhiệm vụ Chính phủ giao trong nghị quyết phiên họp thường kỳ"),
            Item(
                "-",
                "",
                (
                    Sentence(
                        "I.1.b",
                        "steering",
                        "Các bộ và địa phương đã kiện toàn Ban Chỉ đạo xây dựng Chính phủ điện tử",
                        (
                            Fig("F070", Form.PADDED),
                            " bộ, cơ quan Trung ương và ",
                            Fig("F069", Form.PADDED),
                            " tỉnh, thành phố trực thuộc Trung ương đã kiện toàn Ban Chỉ đạo xây"
                            " dựng Chính phủ điện tử, chính quyền điện tử theo Quyết định của Thủ"
                            " tướng Chính phủ về kiện toàn Ban Chỉ đạo.",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Section(
        "2.",
        2,
        "Xây dựng, hoàn thiện thể chế",
        "I-2",
        (
            later("I.2.a", "", "Nghị định về định danh và xác thực điện tử"),
            later("I.2.b", "", "Nghị định về bảo vệ dữ liệu cá nhân"),
        ),
    ),
    Section(
        "3.",
        2,
        "Xây dựng nền tảng phát triển Chính phủ điện tử",
        "I-3",
        (
            Item(
                "-",
                "Về Nền tảng tích hợp, chia sẻ dữ liệu:",
                (
                    Sentence(
                        "I.3.lgsp",
                        "directory",
                        "Bộ và tỉnh có nền tảng tích hợp, chia sẻ dữ liệu đã kết nối",
                        (
                            "Tính đến ngày ",
                            AS_OF,
                            ", ",
                            Fig("F001", Form.OF_WHOLE),
                            " bộ, cơ quan ngang bộ; ",
                            Fig("F002", Form.OF_WHOLE),
                            " tỉnh, thành phố trực thuộc Trung ương đã có Nền tảng tích hợp, chia"
                            " sẻ dữ liệu cấp bộ/tỉnh (LGSP) và kết nối với Nền tảng tích hợp, chia"
                            " sẻ dữ liệu quốc gia (NDXP), đạt tỷ lệ ",
                            Fig("F003", Form.PERCENT),
                            ".",
                        ),
                    ),
                    Sentence(
                        "I.3.systems",
                        "directory",
                        "Hệ thống và cơ quan đã kết nối với NDXP",
                        (
                            "Tổng số hệ thống đã kết nối với NDXP là ",
                            Fig("F004"),
                            " hệ thống thông tin của ",
                            Fig("F005"),
                            " cơ quan, đơn vị; trong đó có ",
                            Fig("F006"),
                            " LGSP của bộ, ngành, địa phương; ",
                            Fig("F007", Form.PADDED),
                            " cơ sở dữ liệu và ",
                            Fig("F008", Form.PADDED),
                            " hệ thống thông tin có quy mô, phạm vi từ Trung ương đến địa phương.",
                        ),
                    ),
                    Sentence(
                        "I.3.traffic",
                        "directory",
                        "Giao dịch thực hiện thông qua NDXP",
                        (
                            "Tính đến ngày ",
                            AS_OF,
                            ", tổng số giao dịch thực hiện thông qua NDXP trong ",
                            MONTH,
                            " là ",
                            Fig("F009"),
                            "; tổng số giao dịch thực hiện thông qua NDXP trong năm ",
                            YEAR,
                            " là ",
                            Fig("F010"),
                            ". Hàng ngày có ",
                            Fig("F011", Form.ABOUT),
                            " giao dịch thực hiện thông qua NDXP.",
                        ),
                    ),
                ),
            ),
            Item(
                "+",
                "CSDL quốc gia về Dân cư:",
                (
                    Sentence(
                        "I.3.ids",
                        "population",
                        "Số định danh cá nhân đã cấp và hủy qua NDXP",
                        (
                            "Tính đến ngày ",
                            AS_OF,
                            ", Bộ Công an đã cấp ",
                            Fig("P001"),
                            " số định danh cá nhân khi đăng ký khai sinh theo yêu cầu của hệ thống"
                            " thông tin đăng ký và quản lý hộ tịch của Bộ Tư pháp qua NDXP, trong"
                            " đó ",
                            Fig("P002"),
                            " số cấp trong ",
                            MONTH,
                            "; đã hủy ",
                            Fig("P004"),
                            " số. Hiện có ",
                            Fig("P003"),
                            " người đang có số định danh cá nhân.",
                        ),
                    ),
                    Sentence(
                        "I.3.tested",
                        "population",
                        "Tỉnh, thành phố đã thử nghiệm kết nối với CSDL quốc gia về Dân cư",
                        (
                            "Bộ Công an đã thử nghiệm kết nối với ",
                            Fig("F012"),
                            " tỉnh, thành phố.",
                        ),
                    ),
                ),
            ),
            later(
                "I.3.insurance",
                "insurance",
                "Đối chiếu dữ liệu bảo hiểm với CSDL quốc gia về Dân cư",
                "F013",
                mark="+",
            ),
            Item(
                "+",
                "CSDL hộ tịch điện tử toàn quốc:",
                (
                    Sentence(
                        "I.3.offices",
                        "civil_status",
                        "Nơi đã triển khai hệ thống đăng ký và quản lý hộ tịch",
                        (
                            "Hệ thống thông tin đăng ký và quản lý hộ tịch dùng chung của Bộ Tư"
                            " pháp đã được triển khai tại ",
                            Fig("F014", Form.OF_WHOLE),
                            " tỉnh, thành phố trực thuộc Trung ương với ",
                            Fig("F015", Form.MORE_THAN),
                            " người dùng tại ",
                            Fig("F016"),
                            " UBND cấp xã, ",
                            Fig("F017"),
                            " Phòng Tư pháp và ",
                            Fig("F018"),
                            " Sở Tư pháp.",
                        ),
                    ),
                    Sentence(
                        "I.3.births",
                        "civil_status",
                        "Dữ liệu hộ tịch đã có trong hệ thống",
                        (
                            "Tính đến ngày ",
                            AS_OF,
                            ", Hệ thống đã có ",
                            Fig("F019"),
                            " dữ liệu đăng ký khai sinh, trong đó có ",
                            Fig("F020"),
                            " trẻ em được cấp Số định danh cá nhân theo quy định; ",
                            Fig("F021"),
                            " dữ liệu đăng ký kết hôn; ",
                            Fig("F022"),
                            " dữ liệu đăng ký khai tử và ",
                            Fig("F023"),
                            " dữ liệu khác.",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Section(
        "4.",
        2,
        "Xây dựng các hệ thống thông tin đổi mới lề lối, phương thức làm việc, phục vụ người dân,"
        " doanh nghiệp",
        "I-4",
    ),
    Section(
        "a)",
        3,
        "Các hệ thống thông tin đổi mới lề lối, phương thức làm việc",
        "I-4-a",
        (
            later(
                "I.4.a.documents",
                "documents",
                "Văn bản điện tử gửi, nhận qua Trục liên thông văn bản quốc gia",
                *("F024", "F025", "F026", "F027", "F028", "F029", "F030"),
            ),
            later(
                "I.4.a.cabinet",
                "cabinet",
                "Phiên họp và phiếu lấy ý kiến thành viên Chính phủ trên e-Cabinet",
                *("F031", "F032", "F034", "F035", "F036", "F037"),
            ),
            later(
                "I.4.a.reporting",
                "reporting",
                "Kết nối của Hệ thống thông tin báo cáo quốc gia",
                *("F038", "F039", "F040", "F041", "F042"),
            ),
            later(
                "I.4.a.command",
                "command_centre",
                "Điểm cầu, camera và dữ liệu trực tuyến của Trung tâm chỉ đạo, điều hành",
                *("F043", "F044", "F045", "F046", "F047"),
            ),
            later(
                "I.4.a.indicators",
                "reporting",
                "Chỉ tiêu kinh tế - xã hội được cung cấp dữ liệu",
                *("F048", "F049", "F050", "F051", "F052"),
            ),
            later(
                "I.4.a.relief",
                "reporting",
                "Tài khoản cập nhật báo cáo hỗ trợ hằng ngày",
                "F053",
            ),
        ),
    ),
    Section(
        "b)",
        3,
        "Các hệ thống thông tin phục vụ người dân, doanh nghiệp",
        "I-4-b",
        (
            later(
                "I.4.b.levels",
                "portal",
                "Tỷ lệ dịch vụ công trực tuyến mức độ 3, 4",
                *("F054", "F055", "F056"),
            ),
            later(
                "I.4.b.portal",
                "portal",
                "Dịch vụ, tài khoản, hồ sơ và thanh toán trên Cổng Dịch vụ công quốc gia",
                *("F057", "F058", "F059", "F060", "F061", "F062", "F063"),
            ),
            later(
                "I.4.b.relief",
                "relief",
                "Hồ sơ và phản ánh về hỗ trợ do đại dịch COVID-19",
                *("F064", "F065", "F066"),
            ),
        ),
    ),
    Section(
        "5.",
        2,
        "Về bảo đảm an toàn thông tin, an ninh mạng, bảo vệ thông tin cá nhân",
        "I-5",
        (
            later(
                "I.5.attacks",
                "cyber_watch",
                "Cuộc tấn công mạng gây ra sự cố, so với tháng trước",
                "F067",
                "F068",
            ),
        ),
    ),
    Section(
        "II.",
        1,
        "Đánh giá kết quả triển khai",
        "II",
        (later("II", "", "Đánh giá chung; tồn tại, hạn chế"),),
    ),
    Section(
        "III.",
        1,
        "Đề xuất, kiến nghị",
        "III",
        (later("III", "", "Kiến nghị với Chính phủ, Thủ tướng Chính phủ"),),
    ),
)


def sentences() -> Iterator[tuple[Section, Item, Sentence]]:
    for section in OUTLINE:
        for item in section.items:
            for sentence in item.sentences:
                yield section, item, sentence


def place_of(code: str) -> tuple[Section, Sentence] | None:
    """The section and sentence a figure stands in."""
    for section, _, sentence in sentences():
        if code in sentence.codes:
            return section, sentence
    return None
