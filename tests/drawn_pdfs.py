"""PDFs that the document tests draw for themselves: from raw bytes, or with reportlab."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas


def raw_pdf(
    *contents: str,
    box: str = "[0 0 400 300]",
    page_extra: str = "",
    font: str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    kids: Sequence[str] | None = None,
) -> bytes:
    """A PDF with one page per content stream; font F is at hand."""
    count = len(contents)
    numbers = [4 + 2 * i for i in range(count)]
    kids = [f"{n} 0 R" for n in numbers] if kids is None else kids
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>",
        font,
    ]
    for number, content in zip(numbers, contents, strict=True):
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox{box}{page_extra}/Contents {number + 1} 0 R"
            f"/Resources<</Font<</F 3 0 R>>>>>>",
            f"<</Length {len(content)}>>stream\n{content}\nendstream",
        ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode())


def drawn_pdf(
    *draw: Callable[[Canvas], object],
    size: tuple[float, float] = (400, 300),
    password: str | None = None,
    compress: bool = True,
) -> bytes:
    """A PDF with one page per function that draws on a reportlab canvas."""
    out = io.BytesIO()
    encrypt = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(out, pagesize=size, encrypt=encrypt, pageCompression=int(compress))
    for function in draw:
        function(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def text_at(x: float, y: float, text: str, size: float = 12) -> Callable[[Canvas], object]:
    """A function that writes a line."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", size)
        canvas.drawString(x, y, text)

    return draw
