# ruff: noqa: E501
"""Two people or firms on one page, each with name, address and more: told apart by the heading above them only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.generator.document import Doc
from training.generator.formats import pattern

Role = tuple[str, str, str]
"""Headings, what people call the party, and questions for its name, each separated by bars."""

ROLES: tuple[tuple[Role, Role], ...] = (
    (("Seller|Vendor|Sold by|Supplier", "seller", "Who sells it?|Who is giving it away for money?"), ("Buyer|Purchaser|Sold to|Customer", "buyer", "Who buys it?|Who is the new owner?")),
    (("Landlord|Lessor|Let by|Owner", "landlord", "Who lets the place?|Who gets the rent?"), ("Tenant|Lessee|Let to|Occupier", "tenant", "Who moves in?|Who pays the rent?")),
    (("Lender|Creditor|Lent by", "lender", "Who lends the money?|To whom is it owed?"), ("Borrower|Debtor|Lent to", "borrower", "Who borrows the money?|Who must pay it back?")),
    (("From|Sender|Sent by|Written by|Origin", "sender", "Who sends it?|From whom is it?|Who has written it?"), ("To|Recipient|Addressee|Attention|Destination|For", "recipient", "Who receives it?|To whom is it written?|For whom is it?")),
    (("Employer|Company|Hired by", "employer", "Who offers the work?|For whom is the work done?"), ("Employee|Worker|Name", "employee", "Who does the work?|Who was hired?")),
    (("Client|Ordered by|Customer|Principal", "client", "Who ordered the work?|Who wants it done?"), ("Contractor|Carried out by|Firm|Supplier", "contractor", "Who carries the work out?|Which firm does it?")),
    (("Host|Your host|Hotel", "host", "Who takes them in?|With whom does one stay?"), ("Guest|Visitor|Traveller", "guest", "Who comes to stay?|Who is visiting?")),
    (("Payer|Paid by|Ordering party|Remitter", "payer", "Who pays?|Whose money is it?"), ("Payee|Paid to|Beneficiary|In favour of", "payee", "Who is paid?|Who gets the money?")),
    (("Exporter|Shipped by|Consignor", "exporter", "Which firm sells it abroad?|Where do the goods come from (firm)?"), ("Importer|Imported by|Consignee", "importer", "Which firm brings it into the country?|Who takes the goods in?")),
    (("Bill to|Invoice to|Invoice address|Charged to", "customer billed", "Who is billed?|To whom is the invoice made out?"), ("Delivered to|Deliver goods to|Site|Place of delivery", "place of delivery", "Who takes the goods?|At whose place are the goods unloaded?")),
    (("Plaintiff|Claimant|Applicant", "claimant", "Who goes to court?|Who complains?"), ("Defendant|Respondent|Opponent", "defendant", "Against whom is it?|Who is accused?")),
    (("Insurer|Insurance company|Underwriter", "insurer", "Who covers the damage?|Which company insures it?"), ("Policyholder|Insured|Insured person", "policyholder", "Who is insured?|Who has the cover?")),
    (("Donor|Given by|Gift of", "donor", "Who gave it?|From whom does the gift come?"), ("Charity|Received by|Donated to", "charity", "Who was given it?|Which body gets the gift?")),
    (("Driver A|Vehicle A|Party A", "driver A", "Who drove the first car?|Who is party A?"), ("Driver B|Vehicle B|Party B", "driver B", "Who drove the second car?|Who is party B?")),
    (("Author|Writer|By", "author", "Who wrote the book?|Whose work is it?"), ("Publisher|Published by|Press", "publisher", "Who prints the book?|Which house brings it out?")),
    (("Breeder|Bred by|Former keeper", "breeder", "Who bred the animal?|Where was it born (name)?"), ("New keeper|Owner|Registered to", "keeper", "Who keeps the animal?|With whom does it live?")),
    (("Dentist|Practice|Treated by", "dentist", "Who treats the person?|Which practice is it?"), ("Person treated|Name of the treated", "person treated", "Who has the teeth done?|Whose treatment is it?")),
    (("Agent|Represented by|Broker", "agent", "Who acts for somebody else?|Who arranges it?"), ("Principal|On behalf of|Represented", "principal", "For whom does the agent act?|Who is represented?")),
    (("Head office|Main office|Headquarters", "head office", "Which firm is at the head office?|Who runs it all?"), ("Branch|Local branch|Your branch", "branch", "Which firm is at the branch?|Who is on the spot?")),
    (("Collect from|Pick-up|Loading point", "pick-up", "At whose place is it fetched?|Where does the lorry load (name)?"), ("Drop-off|Unloading point|Bring to", "drop-off", "At whose place is it left?|Where does the lorry unload (name)?")),
    (("Teacher|Tutor|Instructor", "teacher", "Who gives the lessons?|Who teaches?"), ("Pupil|Student|Learner", "pupil", "Who takes the lessons?|Who learns?")),
    (("Manufacturer|Made by|Producer", "manufacturer", "Who makes it?|Which factory does it come from?"), ("Distributor|Imported and sold by|Dealer", "dealer", "Where was it bought?|Who sells it on?")),
    (("Finder|Found by|Handed in by", "finder", "Who found it?|Who handed it in?"), ("Owner|Lost by|Claimed by", "owner", "Who lost it?|To whom does it belong?")),
    (("Licensor|Licensed by|Rights holder", "licensor", "Who owns the rights?|Who grants the licence?"), ("Licensee|Licensed to|User", "licensee", "Who may use it?|Who was granted the licence?")),
    (("Executor|Administrator|Trustee", "executor", "Who carries out the will?|Who looks after the estate?"), ("Heir|Beneficiary|Inherits", "heir", "Who inherits?|To whom does the estate go?")),
)  # fmt: skip
"""Roles that stand together on documents."""

_WHERE = (
    "What is the address of the {r}?", "{r}'s address", "Where does the {r} live?", "Where can the {r} be found?", "address of the {r}",
    "To which address would I write to the {r}?", "Where is the {r} based?", "postal address of the {r}?",
)  # fmt: skip
_TOWN = ("In which town is the {r}?", "town of the {r}", "Which city does the {r} live in?", "city of the {r}?")
_STREET = ("In which street is the {r}?", "street of the {r}", "What is the {r}'s street and number?")
_CODES = ("What is the postcode of the {r}?", "postcode of the {r}", "ZIP code of the {r}?")
_CALL = (
    "How can I phone the {r}?",
    "phone number of the {r}",
    "Which number do I ring to talk to the {r}?",
    "{r}'s telephone",
)
_MAIL = ("How do I reach the {r} by mail on the internet?", "e-mail of the {r}", "{r}'s email address?", "Where do I send an e-mail to the {r}?")  # fmt: skip
_NAME = ("Who is the {r}?", "name of the {r}", "{r}", "What is the {r} called?", "Who is named as the {r}?")


@dataclass
class Party:
    """One of the two.

    Attributes:
        key: Prefix of its facts.
        heading: What is printed above it.
        called: What people call it.
        name: Its name.
        questions: Questions for the name.
        phone: Telephone number, or nothing.
        mail: Address for electronic mail, or nothing.
    """

    key: str
    heading: str
    called: str
    name: str
    questions: str
    phone: str
    mail: str

    def asks(self, forms: Sequence[str]) -> str:
        """Questions about this party."""
        return "|".join(form.format(r=self.called) for form in forms)


def _postcode(doc: Doc) -> str:
    return pattern(doc.rng, doc.pick("#####|#####|####|??# #??|??## #??|### ##"))


def _address(doc: Doc, party: Party, x: float, y: float, width: float, size: float) -> float:
    """Set an address, whose town, street and postcode are asked for where they are known; give the y below."""
    sheet, key = doc.sheet, party.key
    first = len(sheet.words)
    if doc.chance(0.5):
        lines = list(doc.rng.choice(doc.pool.addresses))
        if doc.chance(0.3):
            lines = [", ".join(lines)]
        for line in lines:
            _, y = sheet.block(line, x, y, width, size)
    else:
        street, code, city = doc.rng.choice(doc.pool.streets), _postcode(doc), doc.rng.choice(doc.pool.cities)
        before = doc.chance(0.6)
        second = f"{code} {city}" if before else f"{city} {code}"
        lines = [street, second]
        span, y = sheet.block(street, x, y, width, size)
        doc.tell(f"{key} street", span, party.asks(_STREET), street)
        (start, end), y = sheet.block(second, x, y, width, size)
        split = start + len((code if before else city).split())
        left, right = (start, split), (split, end)
        doc.tell(f"{key} postcode", left if before else right, party.asks(_CODES), code)
        doc.tell(f"{key} town", right if before else left, party.asks(_TOWN), city)
    doc.tell(f"{key} address", (first, len(sheet.words)), party.asks(_WHERE), ", ".join(lines))
    doc.facts[f"{key} address"].others = (" ".join(lines),)
    return y


def _set(doc: Doc, party: Party, x: float, y: float, width: float, look: str, scale: float, lines: Sequence[str]) -> float:  # fmt: skip
    """Set one party; give the y below."""
    sheet = doc.sheet
    size = sheet.size * scale
    if look == "column":
        sheet.put(party.heading + doc.pick(("", ":")), x, y, size, bold=doc.chance(0.4))
        x, width = x + width * 0.28, width * 0.72
    elif look == "inline":
        head = sheet.put(f"{party.heading}:", x, y, size)
        left = sheet.boxes[head[1] - 1][2] + size * 0.4
        span, y = sheet.block(party.name, left, y, max(width - (left - x), size * 8), size)
    else:
        sheet.put(party.heading, x, y, size * doc.rng.choice((0.7, 0.85, 1, 1.1)), bold=doc.chance(0.5))
        y += size * 1.35
        x += doc.rng.choice((0, 0, 1)) * size
    if look != "inline":
        span, y = sheet.block(party.name, x, y, width, size, bold=doc.chance(0.4))
    doc.tell(f"{party.key} name", span, f"{party.questions}|{party.asks(_NAME)}", party.name)
    if "address" in lines:
        y = _address(doc, party, x, y, width, size)
    for what, text, marks, forms in (
        ("phone", party.phone, "Tel. |Phone: |T |Tel: ||", _CALL),
        ("mail", party.mail, "E-mail: |Email: |E ||", _MAIL),
    ):
        if what in lines and text:
            span, y = sheet.block(doc.pick(marks) + text, x, y, width, size)
            words = len(text.split())
            doc.tell(f"{party.key} {what}", (span[1] - words, span[1]), party.asks(forms), text)
        else:
            doc.refuse(party.asks(forms))
    return y + size * doc.rng.uniform(0.4, 1.3)


def parties(doc: Doc) -> None:
    """Set two parties below one another or side by side, from ``doc.y`` on."""
    rng, sheet = doc.rng, doc.sheet
    roles = rng.choice(ROLES)
    names = rng.sample([*doc.pool.people, *doc.pool.companies[:150]], 2)
    upper = doc.chance(0.3)
    both: list[Party] = []
    for i, (headings, called, questions) in enumerate(roles):
        shown = doc.pick(headings)
        phone = rng.choice(doc.pool.phones) if doc.chance(0.5) else ""
        mail = f"{rng.choice(('info', 'office', 'post', 'contact', 'hello'))}@{rng.choice(doc.pool.domains)}" if doc.chance(0.4) else ""  # fmt: skip
        both.append(Party(f"party {'ab'[i]}", shown.upper() if upper else shown, called, names[i], questions, phone, mail))  # fmt: skip
    if doc.chance(0.3):
        both.reverse()
    scales = rng.choice(((1.0, 1.0), (1.0, 1.0), (0.85, 1.2), (1.1, 0.8)))
    look = doc.pick("above|above|above|column|inline")
    lines = ["address", "phone", "mail"] if doc.chance(0.85) else ["phone", "mail"]
    if sheet.width > 330 and look != "column" and doc.chance(0.5):
        half = sheet.inner * 0.47
        top = doc.y
        for i, party in enumerate(both):
            left = sheet.margin + i * (sheet.inner - half)
            doc.y = max(doc.y, _set(doc, party, left, top, half, look, 1.0, lines))
        return
    for party, scale in zip(both, scales, strict=True):
        doc.y = _set(doc, party, sheet.margin, doc.y, sheet.inner, look, scale, lines)
