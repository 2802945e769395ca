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
    """
    A date or month filled in: ``as_of``, ``month``, ``last_month``, ``months``, ``year`` of the
    edition; ``start`` and ``end`` of the days of the figure with this code.
    """

    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A name of the law or of a service that has digits in it; it counts nothing."""

    text: str


Part = str | Fig | Slot | Term


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

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(part.code for part in self.parts if isinstance(part, Fig))


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


def later(key: str, gist: str, mark: str = "-") -> Item:
    """A statement that a person writes."""
    return Item(mark, "", (Sentence(key, "", gist),))


def told(key: str, system: str, gist: str, lead: str, *parts: Part, mark: str = "-") -> Item:
    """A paragraph of one statement."""
    return Item(mark, lead, (Sentence(key, system, gist, parts),))


AS_OF, MONTH, YEAR = Slot("as_of"), Slot("month"), Slot("year")
LAST_MONTH, MONTHS = Slot("last_month"), Slot("months")
COVID = Term("COVID-19")
INDICATORS = Term("Quyết định số 293/QĐ-TTg")
LEVELS, LEVEL_3, LEVEL_4 = Term("mức độ 3, 4"), Term("mức độ 3"), Term("mức độ 4")

OUTLINE: tuple[Section, ...] = (
    Section("I.", 1, "Tình hình triển khai, kết quả thực hiện", "I"),
    Section(
        "1.",
        2,
        "Về công tác chỉ đạo, điều hành",
        "I-1",
        (
            later("I.1.a", "Nhiệm vụ Chính phủ giao trong nghị quyết phiên họp thường kỳ"),
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
            later("I.2.a", "Nghị định về định danh và xác thực điện tử"),
            later("I.2.b", "Nghị định về bảo vệ dữ liệu cá nhân"),
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
            told(
                "I.3.insurance",
                "insurance",
                "Đối chiếu dữ liệu bảo hiểm với CSDL quốc gia về Dân cư",
                "CSDL về Bảo hiểm:",
                "Bảo hiểm xã hội Việt Nam đã thực hiện rà soát, đối chiếu ",
                Fig("F013", Form.ROUNDED),
                " thông tin cá nhân từ CSDL quốc gia về Dân cư.",
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
            told(
                "I.4.a.documents",
                "documents",
                "Văn bản điện tử gửi, nhận qua Trục liên thông văn bản quốc gia",
                "Trục liên thông văn bản quốc gia:",
                "Số lượng văn bản điện tử gửi, nhận trong tháng (từ ngày ",
                Slot("start", "F024"),
                " đến ngày ",
                Slot("end", "F024"),
                ") là ",
                Fig("F024"),
                " văn bản (gửi ",
                Fig("F025"),
                " văn bản, nhận ",
                Fig("F026"),
                " văn bản). Số lượng văn bản điện tử gửi, nhận trong ",
                MONTHS,
                " là ",
                Fig("F027", Form.ROUNDED),
                " văn bản (gửi ",
                Fig("F028", Form.ROUNDED),
                " văn bản, nhận ",
                Fig("F029", Form.ROUNDED),
                " văn bản). Từ khi khai trương (",
                Slot("start", "F030"),
                ") đến nay có tổng số ",
                Fig("F030", Form.ROUNDED),
                " văn bản điện tử được gửi và nhận giữa các cơ quan hành chính nhà nước trên Trục"
                " liên thông văn bản quốc gia.",
            ),
            told(
                "I.4.a.cabinet",
                "cabinet",
                "Phiên họp và phiếu lấy ý kiến thành viên Chính phủ trên e-Cabinet",
                "Hệ thống thông tin phục vụ họp và xử lý công việc của Chính phủ (e-Cabinet):",
                "Trong ",
                MONTH,
                ", đã phục vụ ",
                Fig("F031", Form.PADDED),
                " phiên họp của Chính phủ và thực hiện xử lý ",
                Fig("F032", Form.PADDED),
                " phiếu lấy ý kiến thành viên Chính phủ (thay thế ",
                Fig("F034", Form.ROUNDED),
                " hồ sơ, tài liệu giấy). Từ khi thành lập đến nay, Hệ thống đã phục vụ ",
                Fig("F035", Form.PADDED),
                " hội nghị, phiên họp của Chính phủ và thực hiện xử lý ",
                Fig("F036", Form.PADDED),
                " phiếu lấy ý kiến thành viên Chính phủ, thay thế việc phát hành ",
                Fig("F037", Form.ROUNDED),
                " hồ sơ, tài liệu giấy.",
            ),
            told(
                "I.4.a.reporting",
                "reporting",
                "Kết nối của Hệ thống thông tin báo cáo quốc gia",
                "Hệ thống thông tin báo cáo quốc gia:",
                "Trong ",
                MONTHS,
                ", Hệ thống đã kết nối được với ",
                Fig("F039", Form.PADDED),
                " hệ thống báo cáo của bộ, cơ quan và ",
                Fig("F038", Form.PADDED),
                " hệ thống báo cáo cấp tỉnh, nâng tổng số kết nối lên ",
                Fig("F040", Form.OF_WHOLE),
                " bộ, cơ quan và ",
                Fig("F041", Form.OF_WHOLE),
                " tỉnh, thành phố từ lúc khai trương đến nay (còn ",
                Fig("F042", Form.PADDED),
                " tỉnh chưa hoàn thành xây dựng hệ thống báo cáo cấp tỉnh).",
            ),
            told(
                "I.4.a.command",
                "command_centre",
                "Điểm cầu, camera và dữ liệu trực tuyến của Trung tâm chỉ đạo, điều hành",
                "Trung tâm thông tin, chỉ đạo điều hành của Chính phủ, Thủ tướng Chính phủ:",
                "Đã kết nối tương tác trực tuyến với ",
                Fig("F043", Form.PADDED),
                " điểm tại trung tâm phục vụ hành chính công, trung tâm điều hành của các bộ,"
                " ngành, địa phương, nâng tổng số điểm cầu kết nối lên ",
                Fig("F044", Form.PADDED),
                " điểm kể từ lúc khai trương; kết nối ",
                Fig("F045", Form.PADDED),
                " camera giám sát các hồ đập thủy điện, cửa khẩu biên giới; kết nối ",
                Fig("F046", Form.PADDED),
                " thông tin, dữ liệu trực tuyến theo thời gian thực với các bộ, ngành, nâng tổng số"
                " thông tin, dữ liệu trực tuyến được kết nối là ",
                Fig("F047", Form.PADDED),
                " hệ thống.",
            ),
            told(
                "I.4.a.indicators",
                "reporting",
                "Chỉ tiêu kinh tế - xã hội được cung cấp dữ liệu",
                "Chỉ tiêu kinh tế - xã hội:",
                "Các bộ, cơ quan đã cung cấp dữ liệu của ",
                Fig("F048", Form.PADDED),
                " chỉ tiêu kinh tế - xã hội phục vụ chỉ đạo, điều hành theo ",
                INDICATORS,
                " của Thủ tướng Chính phủ, nâng tổng số chỉ tiêu được cung cấp dữ liệu lên ",
                Fig("F049"),
                "/",
                Fig("F050"),
                " chỉ tiêu; ",
                Fig("F051", Form.OF_WHOLE),
                " tỉnh, thành phố trực thuộc Trung ương cung cấp dữ liệu ",
                Fig("F052", Form.PADDED),
                " chỉ tiêu kinh tế - xã hội.",
            ),
            told(
                "I.4.a.relief",
                "reporting",
                "Tài khoản cập nhật báo cáo hỗ trợ hằng ngày",
                "Chế độ báo cáo về hỗ trợ người lao động, người sử dụng lao động:",
                "Đến nay đã cấp được ",
                Fig("F053"),
                " tài khoản trên Hệ thống cho các cơ quan, đơn vị cập nhật báo cáo hằng ngày.",
            ),
        ),
    ),
    Section(
        "b)",
        3,
        "Các hệ thống thông tin phục vụ người dân, doanh nghiệp",
        "I-4-b",
        (
            told(
                "I.4.b.levels",
                "portal",
                "Tỷ lệ dịch vụ công trực tuyến mức độ 3, 4",
                "",
                "Tính đến ngày ",
                Slot("end", "F054"),
                ", tỷ lệ dịch vụ công trực tuyến ",
                LEVELS,
                " cả nước đạt ",
                Fig("F054", Form.PERCENT),
                "; trong đó tỷ lệ dịch vụ công trực tuyến ",
                LEVEL_3,
                " là ",
                Fig("F055", Form.PERCENT),
                ", tỷ lệ dịch vụ công trực tuyến ",
                LEVEL_4,
                " là ",
                Fig("F056", Form.PERCENT),
                ".",
            ),
            told(
                "I.4.b.portal",
                "portal",
                "Dịch vụ, tài khoản, hồ sơ và thanh toán trên Cổng Dịch vụ công quốc gia",
                "Cổng Dịch vụ công quốc gia:",
                "Tính từ ngày ",
                Slot("start", "F057"),
                " đến ngày ",
                Slot("end", "F057"),
                " đã cung cấp ",
                Fig("F057"),
                " dịch vụ công trực tuyến ",
                LEVEL_3,
                ", ",
                LEVEL_4,
                "; ",
                Fig("F058", Form.ROUNDED),
                " lượt truy cập tìm hiểu thông tin, dịch vụ; ",
                Fig("F059", Form.ROUNDED),
                " tài khoản đăng ký; ",
                Fig("F060", Form.ROUNDED),
                " hồ sơ đồng bộ trạng thái; ",
                Fig("F061", Form.ROUNDED),
                " hồ sơ trực tuyến thực hiện từ Cổng; ",
                Fig("F062", Form.ROUNDED),
                " giao dịch thanh toán trực tuyến với tổng số tiền ",
                Fig("F063", Form.ROUNDED),
                " đồng.",
            ),
            told(
                "I.4.b.relief",
                "relief",
                "Hồ sơ và phản ánh về hỗ trợ do đại dịch COVID-19",
                "Hỗ trợ người lao động và người sử dụng lao động:",
                "Đã cung cấp ",
                Fig("F064", Form.PADDED),
                " dịch vụ công trên Cổng Dịch vụ công quốc gia, đến nay đã tiếp nhận được ",
                Fig("F065"),
                " hồ sơ nộp qua Cổng; tiếp nhận và chuyển cơ quan có thẩm quyền xử lý ",
                Fig("F066"),
                " phản ánh, kiến nghị của người dân về hỗ trợ do đại dịch ",
                COVID,
                ".",
            ),
        ),
    ),
    Section(
        "5.",
        2,
        "Về bảo đảm an toàn thông tin, an ninh mạng, bảo vệ thông tin cá nhân",
        "I-5",
        (
            told(
                "I.5.attacks",
                "cyber_watch",
                "Cuộc tấn công mạng gây ra sự cố, so với tháng trước",
                "",
                "Trong ",
                MONTH,
                ", Trung tâm Giám sát an toàn không gian mạng quốc gia đã ghi nhận ",
                Fig("F067"),
                " cuộc tấn công mạng gây ra sự cố vào các hệ thống thông tin tại Việt Nam; ",
                Fig("F068", Form.CHANGE),
                " so với ",
                LAST_MONTH,
                ".",
            ),
        ),
    ),
    Section(
        "II.",
        1,
        "Đánh giá kết quả triển khai",
        "II",
        (later("II", "Đánh giá chung; tồn tại, hạn chế"),),
    ),
    Section(
        "III.",
        1,
        "Đề xuất, kiến nghị",
        "III",
        (later("III", "Kiến nghị với Chính phủ, Thủ tướng Chính phủ"),),
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
