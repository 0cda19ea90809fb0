"""Draw twelve documents by hand, unlike the samples and unlike the families the reader was trained on.

``python benchmarks/unseen/draw.py FOLDER`` writes six born-digital PDFs and six images (two of them crooked and noisy)
with ``tasks.jsonl``, which ``internvl batch --tasks`` and ``internvl eval own --tasks`` read. Nobody who wrote the
training generator looked at this file, and nothing is trained on it; the reader's misses here were read once while the
rules for names and dates were written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import reportlab
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(reportlab.__file__).parent / "fonts"
FACES = {"": "Vera.ttf", "b": "VeraBd.ttf", "i": "VeraIt.ttf"}
DOTS_PER_MM = 150 / 25.4

Item = tuple[float, float, str, float, str]
"""Left and baseline in millimetres from the top left, text, size in points, face."""


def column(x: float, y: float, lines: list[str], size: float = 10, face: str = "", step: float = 6) -> list[Item]:
    return [(x, y + i * step, line, size, face) for i, line in enumerate(lines)]


def table(xs: list[float], y: float, rows: list[list[str]], size: float = 10, step: float = 7) -> list[Item]:
    return [
        (x, y + i * step, cell, size, "b" if i == 0 else "")
        for i, row in enumerate(rows)
        for x, cell in zip(xs, row, strict=True)
    ]


PROGRAMME = [
    (40, 22, "THE LANTERN PLAYERS present", 11, "i"),
    (28, 34, "An Inspector at the Seaside", 20, "b"),
    (46, 42, "a comedy in three acts by Wilma Harte", 11, ""),
    *column(25, 60, ["Cast in order of appearance"], 12, "b"),
    *column(25, 69, ["Mrs Pomfret, a landlady", "Inspector Gull", "Daphne, her niece", "The Postman", "Colonel Rusk"]),
    *column(110, 69, ["Edith Marlowe", "Samir Haddad", "Chloe Benning", "Peter Vance", "Alistair Munro"]),
    *column(25, 112, ["Directed by Rosalind Okoro", "Lighting: Ben Tuxford", "Costumes: Hetty Lamb"]),
    *column(25, 140, ["There will be one interval of twenty minutes between Acts Two and Three."], 10, "i"),
    *column(25, 150, ["Performances 14, 15 and 16 November, 7.30 pm, in the Corn Hall."]),
]

MUSEUM = [
    (18, 26, "Astronomical clock", 22, "b"),
    (18, 35, "Caspar Reinholt, Augsburg, about 1621", 13, "i"),
    *column(18, 50, ["Gilt brass, silver, enamel", "Height 64 cm", "Bequest of Lady Anne Whitmore, 1938"], 12, step=7),
    *column(
        18,
        80,
        [
            "The upper dial shows the hour in Italian reckoning, the lower dial the",
            "position of the sun in the zodiac. The movement was replaced in 1794 by",
            "the Viennese maker Josef Lindner. Of the eight clocks that Reinholt is",
            "known to have made, only three survive.",
        ],
        12,
        step=7,
    ),
    (18, 116, "Inv. 1938.77", 10, ""),
]

DOG = [
    (20, 22, "Pet health record", 18, "b"),
    *column(20, 36, ["Name", "Species / breed", "Sex", "Born", "Microchip", "Keeper"], 10, "b"),
    *column(
        62,
        36,
        ["Biscuit", "Dog, border terrier", "male, neutered", "06.05.2021", "985 141 004 227 318", "Lena Forsgren"],
    ),
    *table(
        [20, 62, 100, 142],
        84,
        [
            ["Vaccine", "Given on", "Batch", "Next due"],
            ["Distemper", "11.07.2024", "K93-A", "11.07.2027"],
            ["Leptospirosis", "11.07.2024", "L201", "11.07.2025"],
            ["Rabies", "02.03.2023", "RB7715", "02.03.2026"],
        ],
    ),
    *column(20, 122, ["Weight at last visit: 8.4 kg", "Allergies: penicillin", "Vet: Dr Oskar Nyman, Hamngatan 3"]),
]

FINE = [
    (15, 20, "CITY OF WESTHAVEN", 14, "b"),
    (15, 28, "Penalty Charge Notice", 18, "b"),
    *column(
        15, 42, ["PCN", "Vehicle registration", "Make and colour", "Seen at", "Place", "Contravention"], 10, step=8
    ),
    *column(
        70,
        42,
        [
            "WH4409127731",
            "LR19 KZD",
            "Skoda, grey",
            "14:52 on 27/08/2024",
            "Harbour Street, outside no. 31",
            "Parked longer than paid for (code 06)",
        ],
        10,
        "b",
        step=8,
    ),
    *column(15, 98, ["The charge is £70. If you pay within 14 days it is reduced to £35."], 11),
    *column(15, 106, ["To appeal, write to Parking Services, PO Box 118, Westhaven WH1 2AA."], 11),
    (15, 118, "Officer 2216", 10, ""),
]

FLYER = [
    (20, 30, "LEARN THE UKULELE!", 26, "b"),
    (20, 44, "Eight friendly evenings for complete beginners", 14, "i"),
    *column(
        20,
        62,
        [
            "Thursdays 6.30 to 8 pm, from 9 January",
            "Room 4, St Aidan's Community Centre",
            "£88 for the course (£72 concessions)",
            "Instruments can be borrowed for £5 a week",
        ],
        14,
        step=10,
    ),
    (20, 112, "Your teacher: Marguerite Sole", 14, "b"),
    (20, 124, "Sign up: ring 0117 555 0166 or ask at the desk", 13, ""),
]

NOTICE = [
    (24, 26, "NOTICE TO ALL RESIDENTS", 18, "b"),
    (24, 36, "Larkspur Court, Block C", 12, ""),
    *column(
        24,
        54,
        [
            "The lift will be out of service from Monday 3 June until Friday 14 June while the",
            "motor is replaced. The work is carried out by Vertex Elevators. Residents who cannot",
            "use the stairs may ask the caretaker, Mr Bello, for help with shopping (flat 2).",
            "",
            "Water will be turned off on 5 June between 9 and 11 am.",
            "",
            "Bicycles left on the landings will be moved to the cellar.",
        ],
        11,
        step=7,
    ),
    (24, 112, "Westgate Housing Association, 21 May", 11, "i"),
]

HIKE = [
    (20, 22, "Route 7: The Ridge and the Two Tarns", 17, "b"),
    *column(20, 33, ["Distance 14.6 km   Ascent 820 m   Time 5 h 30   Grade: strenuous"], 11),
    *table(
        [20, 38, 100, 128, 156],
        48,
        [
            ["No.", "Waypoint", "km", "Height", "Grid ref."],
            ["1", "Car park, Beck Bridge", "0.0", "145 m", "NY 231 094"],
            ["2", "Sheepfold", "2.1", "310 m", "NY 240 101"],
            ["3", "Lower Tarn", "4.8", "495 m", "NY 252 113"],
            ["4", "Cairn on Hollow Pike", "7.2", "872 m", "NY 263 120"],
            ["5", "Upper Tarn", "9.0", "610 m", "NY 258 106"],
            ["6", "Beck Bridge", "14.6", "145 m", "NY 231 094"],
        ],
    ),
    *column(20, 108, ["Parking costs £4 a day. The last bus to Ambler leaves at 17:20."]),
    *column(20, 116, ["In an emergency call 999 and ask for Mountain Rescue. No signal past waypoint 3."]),
]

SEEDS = [
    (16, 22, "Runner bean 'Scarlet Emperor'", 19, "b"),
    (16, 31, "Phaseolus coccineus", 13, "i"),
    *column(16, 46, ["SOW", "PLANT OUT", "PICK"], 12, "b", step=9),
    *column(56, 46, ["April to May, under glass", "June, 20 cm apart", "July to October"], 12, step=9),
    *column(
        16,
        82,
        ["Sow 5 cm deep. Grows to 2.5 m and needs poles.", "Water well when in flower. About 40 seeds."],
        12,
        step=8,
    ),
    *column(16, 106, ["Packed 2024   Sow by 12/2026   Batch 4471-R", "Thornbury Seeds, Yeovil"], 10, step=7),
]

LUGGAGE = [
    (20, 22, "PROPERTY IRREGULARITY REPORT", 15, "b"),
    *column(20, 36, ["File reference:  OSLSK28119", "Airport:  Oslo (OSL)", "Reported:  17 Dec 2024, 22:40"]),
    *column(20, 62, ["Passenger"], 11, "b"),
    *column(20, 69, ["Name:  Ngozi Adeyemi", "Phone:  +44 7700 900 451", "Staying at:  Hotel Fjordglimt, room 509"]),
    *column(110, 62, ["Bag"], 11, "b"),
    *column(
        110, 69, ["Tag no.:  SK 447190", "Colour:  dark green", "Kind:  hard shell, 4 wheels", "Last seen:  Copenhagen"]
    ),
    *column(20, 102, ["Contents: ski clothing, hair dryer, two paperbacks, a wrapped present."]),
    *column(
        20, 112, ["We will phone you as soon as the bag is traced. Up to NOK 1,500 for necessities is refunded."], 9
    ),
    (20, 124, "Agent: K. Halvorsen", 10, ""),
]

GALA = [
    (25, 24, "District Swimming Gala: 100 m butterfly, final", 16, "b"),
    *table(
        [25, 48, 92, 140, 172],
        42,
        [
            ["Lane", "Swimmer", "School", "Time", "Points"],
            ["1", "Anouk Visser", "Dunmore High", "1:14.82", "3"],
            ["2", "Freya Olsen", "St Brigid's", "1:09.35", "7"],
            ["3", "Mei-Lin Zhao", "Parkside", "1:07.91", "10"],
            ["4", "Tara Whelan", "Dunmore High", "1:08.20", "8"],
            ["5", "Imani Cole", "Castle Road", "1:11.64", "5"],
            ["6", "Ruth Adler", "Parkside", "disq.", "0"],
        ],
        12,
        9,
    ),
    (25, 116, "Chief timekeeper: Gordon Yates      Pool: Riverside Baths, 25 m", 11, ""),
]

ENERGY = [
    (20, 20, "Where our electricity came from in 2023", 17, "b"),
    (20, 28, "share of generation in per cent", 11, "i"),
    *column(20, 44, ["Wind", "Gas", "Nuclear", "Solar", "Biomass", "Imports"], 12, step=14),
    *[
        (62 + share * 2.2, y, f"{share}", 12, "")
        for share, y in [(34, 44), (27, 58), (14, 72), (9, 86), (6, 100), (10, 114)]
    ],
    (20, 130, "Grid operator's yearbook, table 3", 9, ""),
]
BARS = [(34, 44), (27, 58), (14, 72), (9, 86), (6, 100), (10, 114)]

LABEL = [
    (20, 24, "DANGER", 22, "b"),
    (20, 36, "Limescale remover 'Kalkex Forte'", 16, "b"),
    *column(20, 48, ["Contains phosphoric acid, 24 %. Causes severe skin burns and eye damage."], 11),
    *column(
        20,
        58,
        [
            "Keep out of reach of children. Wear gloves. Never mix with bleach.",
            "IF IN EYES: rinse with water for 15 minutes and call a poison centre.",
            "Poison centre: 0800 555 0199",
        ],
        11,
        step=8,
    ),
    *column(20, 88, ["Contents: 750 ml", "UN 1805", "Lot 23-118-C", "Use before 03/2027"], 11, step=7),
    *column(110, 88, ["Maker: Brenner Chemie AG", "Industrieweg 40, 4133 Pratteln", "Switzerland"], 11, step=7),
]

DOCUMENTS: dict[str, tuple[list[Item], str, list[tuple[str, list[str]]]]] = {
    "programme.pdf": (
        PROGRAMME,
        "",
        [
            ("Who plays Inspector Gull?", ["Samir Haddad"]),
            ("Which part does Chloe Benning play?", ["Daphne", "Daphne, her niece"]),
            ("Who directed the play?", ["Rosalind Okoro"]),
            ("Who wrote it?", ["Wilma Harte"]),
            ("How long is the interval?", ["twenty minutes"]),
            ("Where is it performed?", ["Corn Hall", "the Corn Hall", "in the Corn Hall"]),
            ("Who did the lighting?", ["Ben Tuxford"]),
            ("What does a ticket cost?", ["not found"]),
        ],
    ),
    "museum.png": (
        MUSEUM,
        "",
        [
            ("Who made the clock?", ["Caspar Reinholt"]),
            ("How tall is it?", ["64 cm"]),
            ("Who gave it to the museum?", ["Lady Anne Whitmore"]),
            ("Who replaced the movement?", ["Josef Lindner", "the Viennese maker Josef Lindner"]),
            ("When was the movement replaced?", ["1794", "in 1794"]),
            ("How many of his clocks survive?", ["three", "only three"]),
            ("What is the inventory number?", ["1938.77", "Inv. 1938.77"]),
            ("What is it made of?", ["Gilt brass, silver, enamel"]),
        ],
    ),
    "dog.pdf": (
        DOG,
        "",
        [
            ("What is the dog called?", ["Biscuit"]),
            ("What breed is it?", ["border terrier", "Dog, border terrier"]),
            ("When was it born?", ["06.05.2021"]),
            ("Who owns the dog?", ["Lena Forsgren"]),
            ("When is the next rabies shot due?", ["02.03.2026"]),
            ("Which batch of leptospirosis vaccine was used?", ["L201"]),
            ("How much does it weigh?", ["8.4 kg"]),
            ("What is it allergic to?", ["penicillin"]),
        ],
    ),
    "fine.png": (
        FINE,
        "scan",
        [
            ("What is the number plate?", ["LR19 KZD"]),
            ("Where was the car parked?", ["Harbour Street, outside no. 31", "Harbour Street"]),
            ("How much is the fine?", ["£70"]),
            ("What do I pay if I pay within two weeks?", ["£35"]),
            ("What is the PCN?", ["WH4409127731"]),
            ("Which make is the car?", ["Skoda", "Skoda, grey"]),
            ("When was it seen?", ["14:52 on 27/08/2024", "27/08/2024"]),
            ("What is the name of the driver?", ["not found"]),
        ],
    ),
    "flyer.png": (
        FLYER,
        "",
        [
            ("Who teaches the course?", ["Marguerite Sole"]),
            ("What does the course cost?", ["£88"]),
            ("Which room is it in?", ["Room 4", "4", "Room 4, St Aidan's Community Centre"]),
            ("When does it start?", ["9 January", "from 9 January"]),
            ("Which phone number do I ring?", ["0117 555 0166"]),
            ("What does it cost to borrow an instrument?", ["£5 a week", "£5"]),
            ("Which instrument is taught?", ["UKULELE", "THE UKULELE"]),
            ("What is the price for concessions?", ["£72"]),
        ],
    ),
    "notice.pdf": (
        NOTICE,
        "",
        [
            ("Until when is the lift out of service?", ["Friday 14 June", "14 June"]),
            ("Which company does the work?", ["Vertex Elevators"]),
            ("Who is the caretaker?", ["Mr Bello", "Bello"]),
            ("When will the water be off?", ["5 June between 9 and 11 am", "5 June", "on 5 June between 9 and 11 am"]),
            ("Where will the bicycles go?", ["the cellar", "cellar", "to the cellar"]),
            ("Who wrote the notice?", ["Westgate Housing Association"]),
            ("What is being replaced?", ["motor", "the motor"]),
            ("How much will the repair cost?", ["not found"]),
        ],
    ),
    "hike.pdf": (
        HIKE,
        "",
        [
            ("How long is the route?", ["14.6 km"]),
            ("How high is the Cairn on Hollow Pike?", ["872 m"]),
            ("What is the grid reference of the Sheepfold?", ["NY 240 101"]),
            ("When does the last bus leave?", ["17:20", "at 17:20"]),
            ("What does parking cost?", ["£4 a day", "£4"]),
            ("How difficult is it?", ["strenuous"]),
            ("Which waypoint is the highest?", ["Cairn on Hollow Pike"]),
            ("How many metres of ascent are there?", ["820 m", "820"]),
        ],
    ),
    "seeds.png": (
        SEEDS,
        "scan",
        [
            ("When should I sow?", ["April to May, under glass", "April to May"]),
            ("How deep should they be sown?", ["5 cm", "5 cm deep"]),
            ("How far apart are they planted?", ["20 cm", "20 cm apart"]),
            ("How many seeds are in the packet?", ["40", "About 40", "40 seeds", "About 40 seeds"]),
            ("What is the Latin name?", ["Phaseolus coccineus"]),
            ("What is the batch number?", ["4471-R"]),
            ("When can I harvest?", ["July to October"]),
            ("Which company sells it?", ["Thornbury Seeds"]),
        ],
    ),
    "luggage.pdf": (
        LUGGAGE,
        "",
        [
            ("Who lost the bag?", ["Ngozi Adeyemi"]),
            ("What colour is the suitcase?", ["dark green"]),
            ("In which hotel does she stay?", ["Hotel Fjordglimt", "Hotel Fjordglimt, room 509"]),
            ("What is the tag number?", ["SK 447190"]),
            ("Where was the bag last seen?", ["Copenhagen"]),
            ("What is the file reference?", ["OSLSK28119"]),
            ("How much is refunded for necessities?", ["NOK 1,500", "Up to NOK 1,500"]),
            ("What was the flight number?", ["not found"]),
        ],
    ),
    "gala.png": (
        GALA,
        "",
        [
            ("Who swam in lane 4?", ["Tara Whelan"]),
            ("What was Freya Olsen's time?", ["1:09.35"]),
            ("Which school does Imani Cole go to?", ["Castle Road"]),
            ("How many points did Mei-Lin Zhao get?", ["10"]),
            ("Who got the most points?", ["Mei-Lin Zhao"]),
            ("Who was disqualified?", ["Ruth Adler"]),
            ("Who was the timekeeper?", ["Gordon Yates"]),
            ("How many swimmers are from Parkside?", ["2"]),
        ],
    ),
    "energy.png": (
        ENERGY,
        "bars",
        [
            ("What share came from nuclear?", ["14", "14 %", "14%"]),
            ("Which source had the largest share?", ["Wind"]),
            ("Which source had the smallest share?", ["Biomass"]),
            ("How much was solar?", ["9", "9 %", "9%"]),
            ("Which year is shown?", ["2023"]),
            ("How many per cent were imports?", ["10"]),
            ("What is the difference between wind and gas?", ["7"]),
            ("How much was hydro power?", ["not found"]),
        ],
    ),
    "label.pdf": (
        LABEL,
        "",
        [
            ("What must it never be mixed with?", ["bleach"]),
            ("Which acid does it contain?", ["phosphoric acid", "phosphoric acid, 24 %", "phosphoric acid, 24 %."]),
            ("What is the number of the poison centre?", ["0800 555 0199"]),
            ("How long should I rinse my eyes?", ["15 minutes", "for 15 minutes"]),
            ("Who makes it?", ["Brenner Chemie AG"]),
            ("What is the UN number?", ["1805", "UN 1805"]),
            ("How much is in the bottle?", ["750 ml"]),
            ("When does it expire?", ["03/2027"]),
        ],
    ),
}


def write_pdf(items: list[Item], target: Path) -> None:
    for face, file in FACES.items():
        pdfmetrics.registerFont(TTFont(f"Vera{face}", FONTS / file))
    page = (210 * mm, 148 * mm * 1.15)
    c = Canvas(str(target), pagesize=page, invariant=True)
    for x, y, text, size, face in items:
        c.setFont(f"Vera{face}", size)
        c.drawString(x * mm, page[1] - y * mm, text)
    c.save()


def write_png(items: list[Item], target: Path, look: str) -> None:
    image = Image.new("RGB", (round(210 * DOTS_PER_MM), round(148 * DOTS_PER_MM)), "white")
    pen = ImageDraw.Draw(image)
    if look == "bars":
        for share, y in BARS:
            pen.rectangle(
                [v * DOTS_PER_MM for v in (58, y - 6, 58 + share * 2.2, y + 3)],
                fill=(214, 128, 38),
                outline=(90, 50, 10),
            )
    for x, y, text, size, face in items:
        font = ImageFont.truetype(str(FONTS / FACES[face]), round(size / 72 * 150))
        pen.text((x * DOTS_PER_MM, y * DOTS_PER_MM), text, fill=(25, 25, 30), font=font, anchor="ls")
    if look == "scan":
        rng = np.random.default_rng(7)
        image = image.rotate(-1.4, resample=Image.Resampling.BICUBIC, fillcolor="white")
        noisy = np.asarray(image, dtype=np.float64) * 0.93 + rng.normal(0, 7, (image.height, image.width, 1))
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    image.save(target)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "tasks.jsonl").open("w", encoding="utf-8") as tasks:
        for name, (items, look, questions) in DOCUMENTS.items():
            if name.endswith(".pdf"):
                write_pdf(items, folder / name)
            else:
                write_png(items, folder / name, look)
            for number, (question, answers) in enumerate(questions, 1):
                record = {
                    "id": f"{name.split('.')[0]}-{number}",
                    "file": name,
                    "question": question,
                    "answers": answers,
                }
                tasks.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "unseen"))
