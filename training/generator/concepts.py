# ruff: noqa: E501
"""What a document can say about itself: printed labels of each fact and the ways in which people ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.generator.words import bag

WORDINGS = Path(__file__).parent / "questions.txt"
"""More ways of asking, one line a concept."""


@dataclass(frozen=True)
class Concept:
    """A fact that a document can carry.

    Attributes:
        labels: How the page names it.
        questions: How people ask for it; ``{doc}`` is the kind of document. One that begins with ~ is too general where the
            page also carries a concept that clashes.
        clashes: Concepts that would answer the same question: where the page carries one of them, the question is not
            unanswerable.
        more: Further questions, from ``WORDINGS``. Held-out families are asked without them, so that nothing that is
            measured changes with what is trained on.
    """

    labels: tuple[str, ...]
    questions: tuple[str, ...]
    clashes: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


CONCEPTS: dict[str, Concept] = {}
_MORE = {name: more for name, *more in map(bag, WORDINGS.read_text(encoding="utf-8").splitlines())}


def concept(name: str, labels: str, questions: str, clashes: str = "") -> None:
    """Add a concept; labels and questions are separated by bars, clashes by spaces."""
    CONCEPTS[name] = Concept(bag(labels), bag(questions), tuple(clashes.split()), tuple(_MORE.get(name, ())))


# Numbers and identifiers
concept("invoice_no", "Invoice No|Invoice number|Invoice #|Inv. No.|Invoice no.|INVOICE|Bill No|Document number",
        "What is the invoice number?|invoice no|Which number does this invoice have?|What's the invoice #?|"
        "Give me the number of the invoice.|invoice number?|Under which number was this billed?|What number should I quote when I pay?",
        "reference document_no")  # fmt: skip
concept("order_no", "Order No|Order number|Your order|PO number|Purchase order|P.O. No.|Order ref|Order #",
        "What is the order number?|order no|Which order does this belong to?|What's the PO number?|purchase order number?|"
        "Which order number is given?|order ref", "reference document_no customer_ref")  # fmt: skip
concept("quote_no", "Quotation No|Quote #|Offer No|Quote number|Estimate No|Offer ref.",
        "What is the quotation number?|quote no|Which number does the quote have?|offer number?|What is the estimate's number?",
        "reference document_no")  # fmt: skip
concept("delivery_no", "Delivery note No|Delivery No|Shipment No|Despatch No|Packing slip #|DN No",
        "What is the delivery note number?|delivery no|Which number does the delivery note carry?|shipment number?",
        "reference document_no tracking_no")  # fmt: skip
concept("receipt_no", "Receipt No|Receipt #|Bill No|Slip No|Trans No|Transaction|Doc No|Ticket",
        "What is the receipt number?|receipt no|Which number is on the receipt?|slip number?|number of the receipt",
        "reference document_no invoice_no transaction_no")  # fmt: skip
concept("customer_no", "Customer No|Customer number|Client ID|Account No|Customer ID|Your customer no.",
        "What is the customer number?|customer no|Which customer number is given?|client id?|What's the client's number?",
        "account_no member_no")  # fmt: skip
concept("account_no", "Account number|Account No|A/C No|Account|Acct no.",
        "What is the account number?|account no|Which account does this concern?|a/c number?|What's the number of the account?",
        "iban customer_no")  # fmt: skip
concept("reference", "Reference|Ref|Our ref|Your reference|Ref. No.|Reference number|File no.",
        "~What is the reference?|~reference number|Which reference is given?|~ref?|What reference should be quoted?",
        "invoice_no order_no quote_no delivery_no receipt_no policy_no claim_no booking_ref case_no document_no certificate_no")  # fmt: skip
concept("booking_ref", "Booking reference|Booking ref|PNR|Reservation code|Confirmation number|Booking No",
        "What is the booking reference?|booking code|Which reservation code is printed?|PNR?|confirmation number?|"
        "What code do I need to manage the booking?", "reference ticket_no order_no")  # fmt: skip
concept("ticket_no", "Ticket No|Ticket number|Ticket #|e-Ticket|Ticket ID",
        "What is the ticket number?|ticket no|Which number does the ticket have?|number of the ticket?", "booking_ref receipt_no")  # fmt: skip
concept("policy_no", "Policy number|Policy No|Policy|Contract number",
        "What is the policy number?|policy no|Which number does the policy have?|number of the insurance policy?", "reference")  # fmt: skip
concept("employee_no", "Employee No|Employee ID|Staff number|Personnel no.|Payroll No|Emp. ID",
        "What is the employee number?|employee id|Which personnel number is given?|staff no?|payroll number?", "id_no member_no")  # fmt: skip
concept("member_no", "Member No|Membership number|Member ID|Membership no.",
        "What is the membership number?|member id|Which member number is given?", "id_no customer_no employee_no")  # fmt: skip
concept("id_no", "ID No|ID number|Card No|ID|Badge No|No.",
        "What is the ID number?|id no|Which number is on the card?|badge number?", "employee_no member_no")  # fmt: skip
concept("certificate_no", "Certificate No|Certificate number|Cert. No.|Registration No",
        "What is the certificate number?|certificate no|Which number does the certificate bear?", "reference id_no")  # fmt: skip
concept("patient_no", "Patient No|Patient ID|NHS No|MRN|Chart no.|Case No",
        "What is the patient number?|patient id|Which patient number is given?|MRN?", "id_no")  # fmt: skip
concept("tax_id", "VAT No|VAT Reg No|Tax ID|VAT ID",
        "What is the VAT number?|vat no|What is the tax number of the company?|tax id?|Under which VAT number is the seller registered?|"
        "VAT registration?|Which tax ID is printed?", "")  # fmt: skip
concept("company_reg", "Company No|Registered No|Company registration|Reg. No.|HRB|Co. Reg. No.",
        "What is the company registration number?|company no|Under which number is the company registered?|registration number of the firm?",
        "tax_id")  # fmt: skip
concept("iban", "IBAN|Bank account (IBAN)|IBAN No",
        "What is the IBAN?|iban|Which bank account should I pay into?|To which account do I transfer the money?|bank account number?",
        "account_no")  # fmt: skip
concept("bic", "BIC|SWIFT|BIC/SWIFT|SWIFT code", "What is the BIC?|swift code|Which SWIFT code is given?|bic?")
concept(
    "bank",
    "Bank|Bank name|Our bank|Paid into",
    "Which bank is it?|bank|What is the name of the bank?|At which bank is the account held?",
)
concept(
    "serial_no",
    "Serial No|S/N|Serial number|Serial",
    "What is the serial number?|serial no|S/N?|Which serial number does the device have?",
)
concept(
    "model",
    "Model|Model No|Type|Model number|Part number",
    "Which model is it?|model|What is the model number?|What's the model called?",
)
concept(
    "version",
    "Version|Revision|Rev.|Issue|Edition",
    "Which version is this?|version|What revision is it?|document version?",
)
concept(
    "licence_plate",
    "Registration|Licence plate|Vehicle reg.|Plate No",
    "What is the licence plate?|number plate|Which car is it (registration)?",
)
concept("tracking_no", "Tracking No|Tracking number|Tracking ID|Parcel No|Consignment No",
        "What is the tracking number?|tracking no|Which number lets me follow the parcel?|tracking id?|consignment number?", "delivery_no")  # fmt: skip

# Dates and times
concept("invoice_date", "Invoice date|Date|Date of invoice|Issued|Issue date|Date of issue|Invoice Date",
        "What is the invoice date?|When was the invoice issued?|invoice date|date of the invoice?|When was this bill written?|"
        "On what day was it issued?|issue date?", "date issue_date order_date")  # fmt: skip
concept("issue_date", "Date|Issued|Issued on|Date of issue|Issue date|Dated",
        "When was the {doc} issued?|issue date|What is the date of the {doc}?|~date|On which date was this issued?|What is the date on the {doc}?",
        "date invoice_date order_date pay_date event_date period meeting_date")  # fmt: skip
concept("date", "Date|DATE|Dt|Date of sale|Date/Time",
        "~What is the date?|~date|~When was it?|What's the date on the {doc}?|~On which day was this?|When was the {doc} printed?|~date?|~what day",
        "issue_date invoice_date order_date pay_date event_date delivery_date meeting_date start_date due_date")  # fmt: skip
concept("due_date", "Due date|Payment due|Pay by|Due|Payable by|Due on|Please pay by|Payment due date",
        "When is the payment due?|due date|By when must this be paid?|What is the deadline for payment?|Until when can I pay?|pay by when?|"
        "What's the last day to pay?|When do I have to pay?|By when?|When should the money be there?",
        "payment_terms deadline")  # fmt: skip
concept("order_date", "Order date|Date of order|Ordered on|Ordered|Order placed",
        "When was the order placed?|order date|On which date was it ordered?|When did they order?|date of order?",
        "date issue_date invoice_date")  # fmt: skip
concept("delivery_date", "Delivery date|Delivered|Deliver by|Date of delivery|Ship date|Expected delivery",
        "What is the delivery date?|delivery date|When will it be delivered?|When do the goods arrive?|When was it shipped?|delivered when?",
        "date")  # fmt: skip
concept("valid_until", "Valid until|Expires|Expiry date|Valid to|Valid thru|Offer valid until|Expiry",
        "Until when is it valid?|expiry date|When does it expire?|How long is the {doc} valid?|valid until?|When does this run out?",
        "end_date deadline validity")  # fmt: skip
concept("start_date", "Start date|From|Valid from|Effective date|Commencement|Starting|Begins",
        "~When does it start?|start date|From which date does it apply?|~When does it begin?|effective date?|As of when is it in force?",
        "date period event_date")  # fmt: skip
concept("end_date", "End date|To|Ends|Until|Termination date|Last day",
        "When does it end?|end date|What is the last day?|When is it over?|ends when?", "valid_until period deadline")  # fmt: skip
concept("birth_date", "Date of birth|DOB|Born|Birth date|D.O.B.",
        "What is the date of birth?|date of birth|When was the person born?|dob|birthday?|When was {person} born?")  # fmt: skip
concept("pay_date", "Pay date|Payment date|Date paid|Paid on|Date of payment",
        "When was the salary paid?|pay date|On which day is the money paid?|~payment date?|When was it paid?",
        "date due_date issue_date")  # fmt: skip
concept("period", "Period|Pay period|Statement period|Billing period|Month|Reporting period|For the month of",
        "Which period does it cover?|period|What is the period?|For what time is this {doc}?|Which month is it for?|billing period?",
        "start_date end_date date")  # fmt: skip
concept("event_date", "Date|When|Event date|Day", "When does it take place?|~date|On which day is the event?|What's the date of the event?|~when is it?",
        "date start_date issue_date")  # fmt: skip
concept("deadline", "Deadline|Reply by|Closing date|RSVP by|Please return by|Submit by",
        "What is the deadline?|deadline|By when must one answer?|Until when can I reply?|closing date?|What is the last date to apply?",
        "due_date valid_until end_date")  # fmt: skip
concept(
    "time",
    "Time|Hour|TIME",
    "~At what time?|~time|~What time was it?|~What time is printed?|~when exactly?",
    "start_time departure_time arrival_time doors",
)
concept("start_time", "Start|Begins|Starts at|Time|Kick-off|Beginning",
        "What time does it start?|start time|When does it begin?|starts at?|At what time should I be there?", "time doors boarding_time")  # fmt: skip
concept(
    "doors",
    "Doors|Doors open|Admission from|Entry from",
    "When do the doors open?|doors open|From what time can I get in?|entry from when?",
    "time start_time",
)
concept(
    "end_time",
    "End|Ends|Finish|Closes",
    "What time does it end?|end time|When does it finish?|until what time?",
    "time",
)
concept("departure_time", "Departure|Departs|Dep|STD|Leaves", "When does it depart?|departure time|What time does it leave?|leaves at?|At what time does the flight take off?",
        "time")  # fmt: skip
concept(
    "arrival_time",
    "Arrival|Arrives|Arr|STA",
    "When does it arrive?|arrival time|What time does it get there?|arrives at?|What time do I land?",
    "time",
)
concept("boarding_time", "Boarding|Boarding time|Boards at|Gate closes", "When does boarding start?|boarding time|boarding when?|By what time do I have to be at the gate?",
        "time")  # fmt: skip
concept(
    "duration",
    "Duration|Length|Takes|Running time|Course length",
    "How long does it take?|duration|How long is it?|What's the duration?",
)
concept(
    "payment_terms",
    "Terms|Payment terms|Terms of payment|Conditions",
    "What are the payment terms?|payment terms|On what terms is it to be paid?|terms?",
    "due_date",
)

# Amounts
concept("total", "Total|Grand total|Total amount|TOTAL|Invoice total|Amount due|Total due|Balance due|Total to pay|Total incl. tax|Total amount due|To pay",
        "What is the total?|total|How much is it altogether?|How much was it?|What is the total amount?|~How much do I have to pay?|total amount?|"
        "What's the grand total?|~How much is due?|What does it come to in all?|~What is the final amount?|~amount to pay|how much in total?|"
        "What was the overall cost?|sum total?",
        "amount_due gross price net_pay balance annual_premium rent monthly_price fee salary")  # fmt: skip
concept("subtotal", "Subtotal|Sub-total|Sub total|Net total|Net amount|Total excl. tax|Total net|Goods total",
        "What is the subtotal?|subtotal|How much is it before tax?|What's the net amount?|amount without tax?|sub-total?|"
        "What does it cost excluding tax?", "net net_pay")  # fmt: skip
concept("tax_amount", "VAT|Tax|Sales tax|GST", "How much tax is charged?|tax|What is the VAT amount?|How much is the VAT?|tax amount?|How much goes to the tax office?|"
        "How much sales tax was paid?", "tax_paid")  # fmt: skip
concept(
    "tax_rate",
    "VAT rate|Tax rate|Rate",
    "What is the tax rate?|vat rate|What percentage of tax applies?|tax percentage?|How many percent is the VAT?",
)
concept(
    "discount",
    "Discount|Less discount|Rebate|Savings|You saved",
    "How much is the discount?|discount|What reduction was given?|How much was taken off?|rebate?",
)
concept("shipping", "Shipping|Delivery charge|Carriage|Postage|Freight|Postage & packing",
        "How much is shipping?|shipping cost|What does delivery cost?|postage?|What is charged for carriage?", "fee")  # fmt: skip
concept("paid_amount", "Amount paid|Paid|Deposit|Less deposit|Prepaid|Already paid|Payments received",
        "How much has already been paid?|amount paid|What was the deposit?|paid so far?|deposit", "cash")  # fmt: skip
concept("amount_due", "Amount due|Balance due|Outstanding|To pay|Remaining|Balance to pay",
        "How much is still to be paid?|amount due|What is the outstanding balance?|How much do I still owe?|balance due?|what is left to pay",
        "total balance closing_balance")  # fmt: skip
concept("cash", "Cash|CASH|Cash tendered|Tendered|Amount tendered|Paid cash",
        "How much cash was given?|cash|What did the customer hand over?|How much was tendered?|cash paid?", "paid_amount card_amount")  # fmt: skip
concept(
    "change",
    "Change|CHANGE|Change due|Your change|Balance",
    "How much change was given?|change|What change did the customer get back?|change due?",
)
concept(
    "rounding",
    "Rounding|Rounding adj|Round|Rounding adjustment",
    "What is the rounding?|rounding adjustment|By how much was it rounded?",
)
concept(
    "service_charge",
    "Service charge|Service|Svc chg|Gratuity",
    "How much is the service charge?|service charge|What was added for service?|tip?",
    "fee",
)
concept("opening_balance", "Opening balance|Balance brought forward|Previous balance|Balance b/f|Start balance",
        "What was the opening balance?|opening balance|How much was in the account at the start?|balance at the beginning?|previous balance?", "balance")  # fmt: skip
concept("closing_balance", "Closing balance|Balance carried forward|New balance|Ending balance|End balance|Balance c/f",
        "What is the closing balance?|closing balance|How much is in the account at the end?|new balance?|What's the balance now?|ending balance",
        "balance total amount_due")  # fmt: skip
concept(
    "money_in",
    "Total credits|Money in|Paid in|Total deposits",
    "How much came in?|total credits|How much money was paid in altogether?|deposits total?",
)
concept(
    "money_out",
    "Total debits|Money out|Paid out|Total withdrawals",
    "How much went out?|total debits|How much money left the account in all?|withdrawals total?",
)
concept("gross", "Gross pay|Gross salary|Total gross|Gross|Total earnings",
        "What is the gross pay?|gross|How much was earned before deductions?|gross salary?|What are the total earnings?", "total salary")  # fmt: skip
concept("net_pay", "Net pay|Take-home pay|Net salary|Net amount|Amount payable|Net wages",
        "What is the net pay?|net pay|How much does the employee take home?|How much is paid out?|net salary?|What lands in the bank account?",
        "total subtotal salary")  # fmt: skip
concept(
    "deductions",
    "Total deductions|Deductions|Less deductions",
    "How much is deducted in total?|total deductions|deducted altogether?",
)
concept(
    "tax_paid",
    "Income tax|PAYE tax|Tax deducted|Withholding tax",
    "How much income tax was deducted?|income tax|What is the tax deduction?|tax?",
    "tax_amount",
)
concept("salary", "Salary|Annual salary|Base salary|Basic salary|Remuneration",
        "What is the salary?|salary|How much does the job pay?|annual pay?|What will the employee earn?", "gross net_pay fee")  # fmt: skip
concept("price", "Price|Ticket price|Asking price|Fare|Guide price|Cost",
        "How much does it cost?|price|What is the price?|~How much is it?|what's the price|~cost?|What do they want for it?", "total fee rent")  # fmt: skip
concept(
    "fee",
    "Fee|Course fee|Membership fee|Registration fee|Charge",
    "How much is the fee?|fee|What does it cost to take part?|What is charged?|fee?",
    "price total",
)
concept(
    "rent",
    "Rent|Monthly rent|Rent per month|Rent pcm",
    "How much is the rent?|rent|What is the monthly rent?|rent per month?",
    "price total fee",
)
concept(
    "security_deposit",
    "Deposit|Security deposit|Damage deposit",
    "How much is the deposit?|deposit|What security has to be paid?",
    "paid_amount",
)
concept(
    "annual_premium",
    "Annual premium|Premium|Yearly premium|Premium payable",
    "How much is the premium?|premium|What does the insurance cost per year?|annual premium?",
    "price total",
)
concept(
    "excess",
    "Excess|Deductible|Policy excess|Your excess",
    "What is the excess?|deductible|How much do I pay myself in a claim?|excess?",
)
concept(
    "sum_insured",
    "Sum insured|Cover limit|Limit of cover|Insured amount",
    "What is the sum insured?|cover limit|Up to how much am I covered?|insured for how much?",
)

# Parties and people
concept("issuer_name", "From|Seller|Supplier|Vendor|Issued by|Service provider|Company",
        "Who issued the {doc}?|seller|Who do I owe?|Which company sent this {doc}?|What is the name of the supplier?|vendor name?|~Who is it from?|"
        "Who is the seller?|~company name|Who wants the money?|~Which company is this from?|Who billed this?|name of the vendor",
        "shop_name sender_name employer bank provider")  # fmt: skip
concept("shop_name", "Shop|Store|Merchant|Sold by",
        "What is the name of the shop?|shop name|Where was this bought?|Which store is the receipt from?|company name|Who is the merchant?|"
        "What company issued the receipt?|Where did I shop?|vendor?|Which company is it?|name of the store?",
        "issuer_name venue")  # fmt: skip
concept("issuer_address", "Address|Registered office|Office", "What is the seller's address?|address of the supplier|Where is the company located?|"
        "What address does the issuer have?|Where does the vendor sit?|seller address?", "shop_address sender_address")  # fmt: skip
concept("shop_address", "Address", "What is the address of the shop?|shop address|Where is the store?|~address|At which address was this bought?|store location?",
        "issuer_address")  # fmt: skip
concept("issuer_phone", "Tel|Phone|T|Telephone|Call us|Tel.", "~What is the phone number?|~telephone|~Which number can I call?|~phone no|What is the seller's telephone number?|"
        "How can I reach them by phone?|~tel?", "customer_phone contact_phone phone")  # fmt: skip
concept("issuer_email", "Email|E-mail|Mail|Contact", "~What is the email address?|~email|~Where can I write an email to?|~Which e-mail address is given?|seller's email?",
        "customer_email email")  # fmt: skip
concept(
    "website",
    "Web|Website|www|Online|Internet",
    "What is the website?|website|Where can I find them online?|web address?|Which homepage is given?",
    "",
)
concept("customer_name", "Bill to|Billed to|Customer|Invoice to|Client|Sold to|To|Buyer",
        "Who is the customer?|customer|Who has to pay?|Who was billed?|~To whom is the {doc} addressed?|~Who received the {doc}?|client name?|"
        "Who bought this?|Who is the buyer?|name of the customer|Who is being charged?|~Who is it for?",
        "recipient_name ship_name account_holder")  # fmt: skip
concept("customer_address", "Billing address|Customer address|Address", "What is the customer's address?|billing address|Where does the customer live?|"
        "address of the client|~To which address was it sent?|Where is the buyer based?", "ship_address recipient_address")  # fmt: skip
concept(
    "customer_phone",
    "Tel|Phone|Customer phone|Mobile",
    "What is the customer's phone number?|customer phone|How can the customer be reached by phone?",
    "issuer_phone phone",
)
concept(
    "customer_email",
    "Email|E-mail|Customer email",
    "What is the customer's email?|customer email|Which e-mail address does the client have?",
    "issuer_email email",
)
concept("ship_name", "Ship to|Deliver to|Delivery to|Consignee|Delivery address", "Who gets the delivery?|ship to|Who is the consignee?|Who receives the goods?|deliver to whom?",
        "customer_name recipient_name")  # fmt: skip
concept("ship_address", "Delivery address|Shipping address|Ship to", "What is the delivery address?|shipping address|Where are the goods sent?|Where should it be delivered?|"
        "Where does the delivery go?", "customer_address recipient_address")  # fmt: skip
concept("contact", "Contact|Contact person|Your contact|Attn|Attention|Account manager|Handled by|Clerk",
        "Who is the contact person?|contact|Whom should I ask for?|Who handles this?|Who can answer questions?|contact name?", "cashier")  # fmt: skip
concept(
    "cashier",
    "Cashier|Served by|Operator|Staff|You were served by",
    "Who was the cashier?|cashier|Who served the customer?|Who was at the till?|served by?",
    "contact",
)
concept(
    "till",
    "Till|Terminal|Counter|POS|Register|Till No",
    "Which till was it?|till number|What terminal was used?|counter no?",
)
concept("table_no", "Table|Tbl|Table No", "Which table was it?|table number|What table did they sit at?")
concept("payment_method", "Payment method|Paid by|Payment|Tender|Method of payment|Pay by",
        "How was it paid?|payment method|Which means of payment was used?|paid how?|How is it to be paid?|Was it cash or card?")  # fmt: skip
concept("sender_name", "From|Sender|Sent by|Written by", "Who wrote the {doc}?|sender|Who sent it?|Who is it from?|From whom is the {doc}?|author?|Who signed the {doc}?",
        "issuer_name author signed_by")  # fmt: skip
concept(
    "sender_address",
    "From|Sender address",
    "What is the sender's address?|sender address|Where does the sender live?|From where was it sent?",
    "issuer_address",
)
concept("recipient_name", "To|Recipient|Addressee|For", "Who is the {doc} addressed to?|recipient|To whom was it sent?|Who should receive it?|addressee?|Who is it for?",
        "customer_name ship_name")  # fmt: skip
concept("recipient_address", "To|Recipient address|Delivery address", "What is the recipient's address?|recipient address|Where does the addressee live?|Where is it sent to?",
        "customer_address ship_address")  # fmt: skip
concept(
    "subject",
    "Subject|Re|Regarding|Concerning|About",
    "What is the subject?|subject|What is the {doc} about?|What does it concern?|re?",
    "title",
)
concept("name", "Name|Full name|Holder|Applicant|Surname, first name", "What is the name?|~name|Whose {doc} is this?|Who is the {doc} for?|What's the person's full name?|~who is it?",
        "employee_name customer_name passenger patient account_holder holder_name")  # fmt: skip
concept("employee_name", "Employee|Employee name|Name|Staff member", "Who is the employee?|employee|Whose payslip is it?|Who gets the salary?|name of the employee?|Who was paid?",
        "name customer_name")  # fmt: skip
concept(
    "employer",
    "Employer|Company|Paid by",
    "Who is the employer?|employer|For which company does the person work?|Who pays the salary?|~company?",
    "issuer_name",
)
concept("job_title", "Position|Job title|Role|Occupation|Designation|Title|Post",
        "What is the job title?|position|What does the person work as?|What is the role?|occupation?|What's their job?", "")  # fmt: skip
concept(
    "department",
    "Department|Dept|Team|Division|Section|Unit",
    "Which department is it?|department|In which department does the person work?|team?",
)
concept(
    "manager",
    "Manager|Line manager|Reports to|Supervisor",
    "Who is the manager?|manager|To whom does the person report?|supervisor?",
)
concept(
    "account_holder",
    "Account holder|Account name|Name|Holder",
    "Who holds the account?|account holder|Whose account is it?|In whose name is the account?",
    "customer_name name",
)
concept(
    "passenger",
    "Passenger|Name of passenger|Passenger name|Traveller|Name",
    "Who is flying?|passenger|What is the passenger's name?|Who is the ticket for?|traveller?",
    "name",
)
concept(
    "patient",
    "Patient|Patient name|Name",
    "Who is the patient?|patient|Whose prescription is it?|name of the patient?|Who was examined?",
    "name",
)
concept(
    "doctor",
    "Doctor|Physician|Prescriber|Dr|Consultant",
    "Who is the doctor?|doctor|Who prescribed it?|Which physician signed?|name of the doctor?",
    "signed_by",
)
concept("signed_by", "Signed|Signed by|Signature|Authorised by|Approved by|Signatory", "Who signed it?|signed by|Whose signature is it?|Who authorised this?|approved by whom?",
        "sender_name doctor prepared_by")  # fmt: skip
concept("prepared_by", "Prepared by|Author|Written by|Created by|Minutes taken by|Drawn up by", "Who prepared it?|~author|Who wrote the {doc}?|prepared by?|Who took the minutes?",
        "sender_name signed_by author")  # fmt: skip
concept("author", "By|Author|Text", "Who wrote it?|author|Who is the author?|written by?", "sender_name prepared_by")
concept(
    "chair", "Chair|Chaired by|Chairperson|Chairman", "Who chaired the meeting?|chair|Who led the meeting?|chairperson?"
)
concept("holder_name", "Awarded to|This is to certify that|Presented to|Holder", "Who received the certificate?|awarded to|To whom was it awarded?|Who earned it?|Whose certificate is it?",
        "name recipient_name")  # fmt: skip
concept(
    "phone",
    "Phone|Tel|Mobile|Telephone|Cell",
    "~What is the phone number?|~phone|~Which number can be called?|~mobile?|~telephone number?",
    "issuer_phone customer_phone contact_phone",
)
concept(
    "email",
    "Email|E-mail|Mail",
    "~What is the email address?|~email|~Where can one write to?|~e-mail?|~Which mail address is given?",
    "issuer_email customer_email",
)
concept(
    "home_address",
    "Address|Home address|Residence",
    "~What is the address?|~address|Where does the person live?|home address?|Where do they live?",
    "customer_address recipient_address issuer_address sender_address",
)
concept(
    "nationality",
    "Nationality|Citizenship|Citizen of",
    "What is the nationality?|nationality|Which country is the person a citizen of?|citizenship?",
)
concept(
    "marital_status",
    "Marital status|Civil status",
    "What is the marital status?|marital status|Is the person married or single?",
)
concept(
    "emergency_contact",
    "Emergency contact|In case of emergency|Next of kin",
    "Who is the emergency contact?|emergency contact|Who should be called in an emergency?|next of kin?",
)

# Places, travel, events
concept(
    "venue",
    "Venue|Place|Where|Location|Held at",
    "Where does it take place?|venue|~What is the location?|~where is it?|In which place is it held?",
    "room address_event",
)
concept(
    "room",
    "Room|Hall|Meeting room|Location",
    "Which room is it in?|room|In what room does it take place?|~where?",
    "venue",
)
concept("seat", "Seat|Seat No|Place", "Which seat is it?|seat|Where do I sit?|seat number?|What's my seat?")
concept("row", "Row", "Which row is it?|row|In what row is the seat?")
concept(
    "gate", "Gate|Boarding gate", "Which gate is it?|gate|From which gate does it leave?|Where do I board?", "entrance"
)
concept("terminal", "Terminal|Term.", "Which terminal is it?|terminal|From what terminal does the flight leave?")
concept("flight", "Flight|Flight No|Flight number", "What is the flight number?|flight|Which flight is it?|flight no?")
concept(
    "origin",
    "From|Departure|Origin|Leaving from",
    "Where does the journey start?|from where|What is the place of departure?|departs from?|Which city is it leaving from?",
    "sender_address",
)
concept(
    "destination",
    "To|Arrival|Destination|Going to",
    "What is the destination?|destination|Where is it going?|to where?|Where does the traveller land?",
    "recipient_address",
)
concept(
    "travel_class",
    "Class|Cabin|Cabin class|Travel class",
    "Which class is it?|class|In what class is the ticket?|cabin?",
)
concept(
    "entrance", "Entrance|Entry|Door|Block", "Which entrance should I use?|entrance|Where do I go in?|block?", "gate"
)
concept(
    "event",
    "Event|Title|Show|Performance",
    "What is the event?|event|What is the ticket for?|What's on?|Which show is it?",
    "title",
)
concept(
    "organiser",
    "Organiser|Hosted by|Presented by|Promoter",
    "Who organises it?|organiser|Who is the host?|presented by whom?",
    "issuer_name",
)
concept(
    "attendees",
    "Present|Attendees|Participants",
    "Who attended?|attendees|Who was present?|Who took part in the meeting?",
)
concept("absent", "Apologies|Absent|Excused", "Who was absent?|apologies|Who sent apologies?|Who did not come?")
concept(
    "title",
    "Title|Headline|Heading",
    "What is the title?|~title|What is it called?|What's the headline?|heading of the {doc}?",
    "subject event",
)

# Goods, property, products
concept(
    "weight",
    "Weight|Net weight|Gross weight|Total weight",
    "How heavy is it?|weight|What is the weight?|How much does it weigh?",
)
concept(
    "dimensions",
    "Dimensions|Size|Measurements|L x W x H",
    "What are the dimensions?|dimensions|How big is it?|size?",
    "area",
)
concept(
    "packages",
    "Packages|Cartons|No. of packages|Pallets|Boxes",
    "How many packages are there?|packages|How many boxes were sent?|number of cartons?",
)
concept(
    "item_count",
    "Total Qty|Items|No. of items|Total Item(s)|Item count|Pieces",
    "How many pieces are there altogether?|item count|total quantity?|How many pieces were bought in all?|What is the total quantity?",
    "packages",
)
concept(
    "carrier",
    "Carrier|Shipped via|Courier|Forwarder|Ship via",
    "Which carrier delivers it?|carrier|Who transports the goods?|shipped by whom?|courier?",
)
concept(
    "incoterms",
    "Incoterms|Delivery terms|Terms of delivery|FOB",
    "What are the delivery terms?|incoterms|On what terms is it delivered?",
    "payment_terms",
)
concept(
    "bedrooms",
    "Bedrooms|Beds|Rooms",
    "How many bedrooms does it have?|bedrooms|How many bedrooms are there?|no of bedrooms",
)
concept("bathrooms", "Bathrooms|Baths|WC", "How many bathrooms are there?|bathrooms|number of bathrooms?")
concept(
    "area",
    "Floor area|Living area|Area|Size",
    "How large is it?|area|What is the floor area?|How many square metres or feet does it have?|size?",
    "dimensions",
)
concept(
    "year_built",
    "Built|Year built|Year of construction",
    "When was it built?|year built|How old is the building?|year of construction?",
)
concept("property_type", "Property type|Type|Category", "What kind of property is it?|property type|house or flat?")
concept(
    "agent",
    "Agent|Contact agent|Listed by|Your agent",
    "Who is the agent?|agent|Whom do I call for a viewing?|listed by?",
    "contact",
)
concept(
    "property_address",
    "Address|Location|Property",
    "What is the address of the property?|property address|Where is the property?|Where is it located?",
    "home_address issuer_address",
)
concept(
    "voltage",
    "Supply voltage|Voltage|Operating voltage|Rated voltage",
    "What is the supply voltage?|voltage|At what voltage does it run?|volts?",
)
concept(
    "power",
    "Power|Power consumption|Rated power",
    "How much power does it use?|power consumption|What is the rated power?|watts?",
)
concept(
    "temperature_range",
    "Operating temperature|Temperature range|Ambient temperature",
    "What is the operating temperature?|temperature range|At which temperatures may it be used?",
)
concept(
    "warranty",
    "Warranty|Guarantee|Warranty period",
    "How long is the warranty?|warranty|What guarantee is given?|guarantee?",
)
concept("material", "Material|Housing|Made of", "What is it made of?|material|Which material is used?")
concept(
    "manufacturer",
    "Manufacturer|Made by|Brand|Maker",
    "Who makes it?|manufacturer|Which brand is it?|made by whom?",
    "issuer_name",
)
concept(
    "servings",
    "Serves|Servings|Portions|Yield",
    "How many people does it serve?|servings|For how many is the recipe?|portions?",
)
concept(
    "prep_time",
    "Prep time|Preparation|Prep",
    "How long is the preparation?|prep time|How long does it take to prepare?",
    "duration",
)
concept(
    "cook_time",
    "Cooking time|Cook time|Baking time|Bake",
    "How long does it cook?|cooking time|How long must it be in the oven?",
    "duration",
)
concept("difficulty", "Difficulty|Level|Skill level", "How difficult is it?|difficulty|What level is it?")
concept(
    "oven",
    "Oven|Oven temperature|Bake at",
    "At what temperature is it baked?|oven temperature|How hot should the oven be?",
)

# Learning, health, insurance, other
concept(
    "course",
    "Course|Programme|Training|Subject of study",
    "Which course was completed?|course|What was the training about?|What did they study?",
    "degree",
)
concept(
    "grade", "Grade|Result|Final grade|Mark|Award", "What grade was achieved?|grade|What was the result?|final mark?"
)
concept(
    "school",
    "School|Institution|University|Institute",
    "Which school is it?|school|Where did the person study?|university?|Which institution issued it?",
    "issuer_name",
)
concept(
    "degree",
    "Degree|Qualification",
    "What degree does the person have?|degree|What qualification was earned?",
    "course",
)
concept(
    "hours",
    "Hours|Hours worked|Total hours|Working hours",
    "How many hours were worked?|hours|working time?",
    "weekly_hours",
)
concept(
    "weekly_hours",
    "Weekly hours|Hours per week|Working time",
    "How many hours a week?|weekly hours|How long is the working week?",
    "hours",
)
concept(
    "notice_period",
    "Notice period|Notice|Period of notice",
    "What is the notice period?|notice|How much notice must be given?|How long in advance must one give notice?",
)
concept(
    "vacation",
    "Annual leave|Holiday|Vacation days|Leave entitlement",
    "How many days of holiday are there?|annual leave|How much vacation does one get?",
)
concept(
    "probation", "Probation|Probation period|Trial period", "How long is the probation?|probation period|trial period?"
)
concept(
    "law",
    "Governing law|Applicable law|Jurisdiction",
    "Which law applies?|governing law|Under what law is the contract?|jurisdiction?",
)
concept(
    "diagnosis", "Diagnosis|Indication|Finding", "What is the diagnosis?|diagnosis|What does the patient suffer from?"
)
concept(
    "allergies", "Allergies|Known allergies", "What allergies are known?|allergies|Is the patient allergic to anything?"
)
concept("dosage", "Dosage|Dose|Directions|Sig", "What is the dosage?|dosage|How should it be taken?|dose?")
concept("refills", "Refills|Repeats", "How many refills are allowed?|refills|repeats?")
concept("pharmacy", "Pharmacy|Dispensed by", "Which pharmacy is it?|pharmacy|Where was it dispensed?")
concept(
    "insurer",
    "Insurer|Insurance company|Underwritten by|Provider",
    "Who is the insurer?|insurer|Which insurance company is it?|insured with whom?",
    "issuer_name",
)
concept(
    "insured",
    "Insured|Policyholder|Insured person|Policy holder",
    "Who is insured?|policyholder|Who holds the policy?|in whose name is the policy?",
    "customer_name name",
)
concept("vehicle", "Vehicle|Car|Make and model", "Which vehicle is insured?|vehicle|What car is it?")
concept(
    "cover_type",
    "Cover|Type of cover|Policy type|Product",
    "What kind of cover is it?|type of cover|What type of policy is it?",
)
concept("status", "Status|Payment status|State", "What is the status?|status|What state is it in?")
concept("priority", "Priority|Urgency", "What is the priority?|priority|How urgent is it?")
concept("capacity", "Capacity|Max. persons|Volume", "What is the capacity?|capacity|How many fit in?")
concept(
    "sample_size",
    "Respondents|Sample size|Participants|n",
    "How many people were asked?|sample size|How many respondents were there?|number of participants in the survey?",
)
concept("method", "Method|Methodology|Survey method", "How was the survey done?|method|What method was used?")
concept(
    "next_meeting",
    "Next meeting|Date of next meeting",
    "When is the next meeting?|next meeting|When do they meet again?",
)
concept(
    "meeting_date",
    "Date|Meeting date|Held on",
    "When was the meeting?|meeting date|On which day did they meet?|date of the meeting?",
    "date issue_date event_date",
)
concept(
    "store_hours", "Opening hours|Open|Hours", "When are they open?|opening hours|At what times is it open?", "hours"
)
concept("source", "Source|Data|Figures", "What is the source of the data?|source|Where do the figures come from?")
concept("unit", "Unit|in|Figures in", "In which unit are the figures?|unit|What are the values measured in?")
concept("slogan", "", "What is the slogan?|slogan|What does the advertisement say?")
concept(
    "warehouse",
    "Warehouse|Storage location|Depot",
    "Which warehouse is it?|warehouse|Where are the goods stored?",
    "venue",
)
concept(
    "salesperson",
    "Salesperson|Sales rep|Sales contact|Rep",
    "Who is the salesperson?|sales rep|Who made the sale?",
    "contact cashier",
)
