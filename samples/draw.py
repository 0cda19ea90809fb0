"""Draw the documents of this folder again: ``python samples/draw.py``.

Needs the ``dev`` extra (reportlab). The fonts are Bitstream Vera, which reportlab carries under its open licence. Every
name, number and address is made up. The output is the same on every run.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pypdfium2
import reportlab
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

HERE = Path(__file__).resolve().parent
FONTS = Path(reportlab.__file__).parent / "fonts"
pdfmetrics.registerFont(TTFont("Vera", FONTS / "Vera.ttf"))
pdfmetrics.registerFont(TTFont("VeraBd", FONTS / "VeraBd.ttf"))


def canvas(target: Path | io.BytesIO, title: str) -> Canvas:
    """An A4 canvas whose bytes do not depend on the clock."""
    made = Canvas(str(target) if isinstance(target, Path) else target, pagesize=A4, invariant=True)
    made.setTitle(title)
    return made


def draw_lines(
    c: Canvas, x: float, y: float, lines: list[str], *, size: float = 9, font: str = "Vera", step: float = 4.6
):
    """Write lines downwards from (x, y), given in millimetres from the top left."""
    c.setFont(font, size)
    for i, line in enumerate(lines):
        c.drawString(x * mm, A4[1] - (y + i * step) * mm, line)


def grid(
    c: Canvas, rows: list[list[str]], widths: list[float], x: float, y: float, right: set[int], head: str
) -> float:
    """Draw a table with its top left at (x, y) in millimetres; give the height in millimetres."""
    table = Table(rows, colWidths=[w * mm for w in widths])
    style: list[tuple[object, ...]] = [
        ("FONT", (0, 0), (-1, -1), "Vera", 8.5),
        ("FONT", (0, 0), (-1, 0), "VeraBd", 8.5),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor(head)),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#b8bec6")),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    style += [("ALIGN", (column, 0), (column, -1), "RIGHT") for column in right]
    table.setStyle(TableStyle(style))
    _, height = table.wrapOn(c, A4[0], A4[1])
    table.drawOn(c, x * mm, A4[1] - y * mm - height)
    return height / mm


def draw_invoice(target: Path) -> None:
    """One born-digital page with the usual pairs to confuse: issuer and customer, two dates, net and gross."""
    c = canvas(target, "Invoice HB-2025-0417")
    draw_lines(c, 20, 24, ["Halden & Byrne Joinery Ltd"], size=15, font="VeraBd")
    draw_lines(c, 20, 31, ["Unit 6, Kiln Yard, Station Road", "Hebden Bridge HX7 8EJ", "VAT no. GB 318 4427 09"])
    draw_lines(c, 150, 24, ["INVOICE"], size=18, font="VeraBd")
    draw_lines(c, 20, 56, ["Bill to"], font="VeraBd")
    draw_lines(
        c, 20, 61, ["Calder Valley Theatre Trust", "Attn: Priya Raman", "14 Market Street", "Todmorden OL14 5AB"]
    )
    for i, (label, value) in enumerate(
        [
            ("Invoice number", "HB-2025-0417"),
            ("Invoice date", "3 March 2025"),
            ("Due date", "2 April 2025"),
            ("Purchase order", "CVT-8821"),
        ]
    ):
        draw_lines(c, 120, 56 + 5 * i, [label], font="VeraBd")
        draw_lines(c, 158, 56 + 5 * i, [value])
    rows = [
        ["Description", "Qty", "Unit price", "Amount"],
        ["Oak stage treads, 40 mm, oiled", "24", "£38.50", "£924.00"],
        ["Handrail, ash, per metre", "11.5", "£62.00", "£713.00"],
        ["Fire-rated door set FD30", "2", "£415.00", "£830.00"],
        ["Fitting on site, per day", "3", "£320.00", "£960.00"],
        ["Delivery", "1", "£45.00", "£45.00"],
    ]
    bottom = 92 + grid(c, rows, [92, 18, 30, 30], 20, 92, {1, 2, 3}, "#e8ecf1")
    for i, (label, value) in enumerate(
        [("Subtotal", "£3,472.00"), ("VAT 20%", "£694.40"), ("Deposit paid", "-£500.00"), ("Total due", "£3,666.40")]
    ):
        font = "VeraBd" if label == "Total due" else "Vera"
        draw_lines(c, 132, bottom + 8 + 6 * i, [label], font=font, size=9.5)
        c.setFont(font, 9.5)
        c.drawRightString(188 * mm, A4[1] - (bottom + 8 + 6 * i) * mm, value)
    draw_lines(
        c,
        20,
        bottom + 44,
        [
            "Please pay by bank transfer within 30 days.",
            "Account name: Halden & Byrne Joinery Ltd    Sort code: 20-45-77    Account: 60318852",
            "Questions about this invoice: accounts@haldenbyrne.example or 01422 555 0142",
        ],
        size=8.5,
    )
    c.save()


def draw_delivery_note() -> bytes:
    """The page that is printed and scanned: a delivery note with a remark and a receiver."""
    buffer = io.BytesIO()
    c = canvas(buffer, "Delivery note")
    draw_lines(c, 22, 26, ["KESTREL GARDEN SUPPLIES"], size=15, font="VeraBd")
    draw_lines(c, 22, 33, ["Old Nursery Lane 9, Ludlow SY8 2DP     Tel. 01584 555 0190"])
    draw_lines(c, 22, 50, ["DELIVERY NOTE"], size=13, font="VeraBd")
    facts = [
        ("Note no.", "DN 50732"),
        ("Order no.", "WEB-119406"),
        ("Date of delivery", "19 September 2024"),
        ("Driver", "Tom Okafor"),
        ("Vehicle", "KX21 RVN"),
    ]
    for i, (label, value) in enumerate(facts):
        draw_lines(c, 22, 60 + 6 * i, [label + ":"], size=10)
        draw_lines(c, 62, 60 + 6 * i, [value], size=10)
    draw_lines(c, 120, 60, ["Deliver to:"], size=10, font="VeraBd")
    draw_lines(
        c,
        120,
        66,
        ["Rosewood Primary School", "Attn: caretaker Mr J. Lind", "Church Street 2", "Tenbury Wells WR15 8BP"],
        size=10,
    )
    rows = [
        ["Article", "Item", "Ordered", "Delivered"],
        ["4410", "Raised bed kit, larch, 180 x 90 cm", "6", "6"],
        ["2087", "Topsoil, 25 kg bag", "40", "36"],
        ["1175", "Children's watering can, 1.5 l", "15", "15"],
        ["3302", "Wooden compost bin", "1", "1"],
    ]
    bottom = 100 + grid(c, rows, [24, 84, 28, 28], 22, 100, {2, 3}, "#dddddd")
    draw_lines(
        c,
        22,
        bottom + 12,
        [
            "Remarks: four bags of topsoil are out of stock and will follow by 26 September.",
            "Number of pallets: 2          Total weight: 1,148 kg",
        ],
        size=10,
        step=7,
    )
    draw_lines(c, 22, bottom + 40, ["Received in good condition by:"], size=10)
    draw_lines(c, 80, bottom + 40, ["Maria Esposito"], size=12)
    draw_lines(c, 22, bottom + 48, ["Time of arrival: 10:35"], size=10)
    c.save()
    return buffer.getvalue()


def draw_scan(target: Path) -> None:
    """Print, lay crooked on the glass, scan: an image-only PDF."""
    rng = np.random.default_rng(20240919)
    with pypdfium2.PdfDocument(draw_delivery_note()) as pdf:
        page = pdf[0].render(scale=150 / 72, grayscale=True).to_pil().convert("L")
    page = page.rotate(1.1, resample=Image.Resampling.BICUBIC, expand=False, fillcolor=255)
    page = page.filter(ImageFilter.GaussianBlur(0.6))
    height, width = page.size[1], page.size[0]
    light = 236 + 14 * np.linspace(0, 1, width)[None, :] - 6 * np.linspace(0, 1, height)[:, None]
    noisy = np.asarray(page, dtype=np.float64) / 255 * light + rng.normal(0, 6, (height, width))
    scanned = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    jpeg = io.BytesIO()
    scanned.save(jpeg, "JPEG", quality=62)
    jpeg.seek(0)
    c = canvas(target, "scan")
    c.drawImage(ImageReader(jpeg), 0, 0, A4[0], A4[1])
    c.save()


def draw_chart(target: Path) -> None:
    """A bar chart with the values printed above the bars."""
    size = (1200, 760)
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)

    def font(points: int, bold: bool = False) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(FONTS / ("VeraBd.ttf" if bold else "Vera.ttf")), points)

    pen.text((60, 34), "Visitors to the Maritime Museum, 2024", fill="#1c2733", font=font(32, bold=True))
    pen.text((60, 80), "thousands per month", fill="#5b6772", font=font(20))
    values = {
        "Jan": 11.2,
        "Feb": 13.8,
        "Mar": 17.5,
        "Apr": 24.1,
        "May": 28.6,
        "Jun": 35.9,
        "Jul": 52.3,
        "Aug": 49.7,
        "Sep": 30.4,
        "Oct": 26.0,
        "Nov": 14.9,
        "Dec": 19.3,
    }
    left, right, top, base = 90, 1150, 150, 660
    step = (right - left) / len(values)
    for tick in range(0, 61, 10):
        y = base - (base - top) * tick / 60
        pen.line((left, y, right, y), fill="#e3e7eb", width=1)
        pen.text((left - 12, y), str(tick), fill="#5b6772", font=font(18), anchor="rm")
    for i, (month, value) in enumerate(values.items()):
        x = left + step * i + step * 0.18
        y = base - (base - top) * value / 60
        pen.rectangle((x, y, x + step * 0.64, base), fill="#2f6f9f")
        pen.text((x + step * 0.32, y - 6), f"{value:.1f}", fill="#1c2733", font=font(19), anchor="ms")
        pen.text((x + step * 0.32, base + 12), month, fill="#1c2733", font=font(20), anchor="mt")
    pen.text((60, 716), "Source: ticket desk counts", fill="#5b6772", font=font(17))
    image.save(target, optimize=True)


REPORT = {
    "Summary": [
        "The Brackley Town Library opened on 301 days in 2024 and lent 187,420 items, 6 per cent more than the year before. "
        "The number of registered readers rose to 14,206, and 2,318 people joined for the first time. The mobile library "
        "returned to the villages in May after a pause of two years.",
        "The chair of the library committee is Councillor Helen Abara. The report was adopted by the committee on 12 February 2025.",
    ],
    "Staff and building": [
        "Eleven people work at the library, seven of them part time. Head librarian Owen Prideaux retired in August; his "
        "successor, Dr Ingrid Solheim, took office on 1 September. Volunteers gave 1,960 hours.",
        "The roof over the reading room was renewed between June and October by the firm Tolland Roofing for £84,300, which is "
        "£5,700 below the estimate. The lift failed on 23 days and will be replaced in 2026.",
    ],
    "Outlook": [
        "From April 2025 the library will open on Sundays from 11 am to 4 pm. The county has promised a grant of £60,000 for a "
        "new children's room, for which building starts in January 2026. The overdue charge was abolished on 1 March 2025.",
    ],
}

MONEY = [
    ["Account", "2022", "2023", "2024"],
    ["Staff", "£402,100", "£415,800", "£431,250"],
    ["Books and media", "£96,400", "£88,900", "£101,700"],
    ["Building", "£61,300", "£64,750", "£148,020"],
    ["Events", "£12,850", "£15,200", "£18,640"],
    ["Computers", "£22,000", "£19,480", "£27,390"],
    ["Total", "£594,650", "£604,130", "£727,000"],
]

LOANS = [
    ["Branch", "Loans", "Visitors", "Opening hours per week"],
    ["Market Square", "121,870", "96,340", "48"],
    ["Northfield", "38,215", "27,905", "30"],
    ["Mill Lane", "19,460", "15,118", "22"],
    ["Mobile library", "7,875", "3,204", "14"],
]


def draw_report(target: Path) -> None:
    """Four pages: prose, a table of loans, a table of money, an outlook."""
    title = ParagraphStyle("title", fontName="VeraBd", fontSize=20, leading=26, spaceAfter=8)
    head = ParagraphStyle("head", fontName="VeraBd", fontSize=13, leading=18, spaceBefore=10, spaceAfter=6)
    body = ParagraphStyle("body", fontName="Vera", fontSize=10, leading=15, spaceAfter=8)
    note = ParagraphStyle("note", fontName="Vera", fontSize=8, leading=11, spaceBefore=4, textColor=colors.grey)

    def table(rows: list[list[str]], widths: list[float]) -> Table:
        made = Table(rows, colWidths=[w * mm for w in widths], hAlign="LEFT")
        made.setStyle(
            TableStyle(
                [
                    ("FONT", (0, 0), (-1, -1), "Vera", 9),
                    ("FONT", (0, 0), (-1, 0), "VeraBd", 9),
                    ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
                    ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
                    ("LINEBELOW", (0, 1), (-1, -1), 0.3, colors.lightgrey),
                ]
            )
        )
        return made

    def section(name: str) -> list[object]:
        return [Paragraph(name, head), *[Paragraph(text, body) for text in REPORT[name]]]

    story: list[object] = [Paragraph("Brackley Town Library", title), Paragraph("Annual report 2024", head)]
    story += [
        *section("Summary"),
        PageBreak(),
        Paragraph("Loans and visitors by branch", head),
        table(LOANS, [50, 32, 32, 52]),
    ]
    story += [
        Paragraph("Loans include renewals made at the desk, not those made online.", note),
        *section("Staff and building"),
    ]
    story += [PageBreak(), Paragraph("Expenditure", head), table(MONEY, [56, 36, 36, 36])]
    story += [Paragraph("All amounts include VAT. The building account of 2024 holds the new roof.", note), PageBreak()]
    story += section("Outlook")

    def footer(c: Canvas, document: SimpleDocTemplate) -> None:
        c.setFont("Vera", 8)
        c.drawCentredString(A4[0] / 2, 12 * mm, f"Brackley Town Library · Annual report 2024 · page {document.page}")

    SimpleDocTemplate(
        str(target), pagesize=A4, title="Annual report 2024", invariant=True, leftMargin=22 * mm, rightMargin=22 * mm
    ).build(story, onFirstPage=footer, onLaterPages=footer)


if __name__ == "__main__":
    draw_invoice(HERE / "invoice.pdf")
    draw_scan(HERE / "scan.pdf")
    draw_chart(HERE / "chart.png")
    draw_report(HERE / "report.pdf")
