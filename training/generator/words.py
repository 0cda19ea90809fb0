# ruff: noqa: E501
"""Word lists for items, subjects and places of work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def bag(text: str) -> tuple[str, ...]:
    """Entries separated by bars."""
    return tuple(" ".join(t.split()) for t in text.split("|"))


def read_all(folder: Path, aside: bool = False) -> Iterator[str]:
    """Read a folder's schemas in the order of the files' names; with ``aside`` those that are never trained on."""
    for path in sorted((folder / "aside" if aside else folder).glob("*.txt")):
        yield path.read_text(encoding="utf-8")


GROCERIES = bag(
    "Whole milk 1L|Skimmed milk 2L|Brown bread|Sourdough loaf|Free range eggs x12|Bananas|Gala apples|Pears|Red grapes|Potatoes 2kg|"
    "Carrots|Onions|Garlic|Cherry tomatoes|Cucumber|Iceberg lettuce|Spinach|Mushrooms|Basmati rice 5kg|Spaghetti 500g|Penne|Olive oil|"
    "Sunflower oil|Butter 250g|Cheddar|Mozzarella|Greek yoghurt|Cream cheese|Orange juice|Apple juice|Sparkling water 6x1.5L|Cola 2L|"
    "Ground coffee|Earl Grey tea|Green tea bags|Dark chocolate|Shortbread|Tortilla chips|Salted crisps|Mixed nuts|Peanut butter|"
    "Strawberry jam|Honey|Cornflakes|Porridge oats|Plain flour|Caster sugar|Sea salt|Black pepper|Tuna chunks|Baked beans|"
    "Chopped tomatoes|Coconut milk|Soy sauce|Chili sauce|Chicken breast|Minced beef|Pork chops|Salmon fillet|Fish fingers|Frozen peas|"
    "Vanilla ice cream|Toilet rolls x9|Kitchen towels|Washing powder|Dishwasher tablets|Shampoo|Toothpaste|Hand soap|Bin liners|"
    "AA batteries|Light bulb LED 9W|Cat food|Dog biscuits|Nappies|Tissues|Aluminium foil|Instant noodles|Curry powder|Fresh basil|"
    "Avocado|Lemons|Mango|Pineapple|Watermelon|Croissant|Bagels|Muffin|Sliced ham|Salami|Hummus|Feta|Oat milk|Almonds|Raisins"
)
HARDWARE = bag(
    "Hex bolt M8x40|Wood screws 4x50|Masonry drill bit 6mm|Claw hammer|Spirit level 60cm|Tape measure 5m|Cordless drill 18V|Angle grinder|"
    "Sanding discs P120|Paint roller|Masking tape|White emulsion 10L|Wood glue|Silicone sealant|PVC pipe 32mm|Elbow joint|Brass tap|"
    "Copper pipe 15mm|Extension lead 5m|Junction box|Cable ties 200mm|Wall plugs|Plywood sheet 18mm|Roof batten|Door hinge|Padlock|"
    "Garden hose 20m|Watering can|Rake|Shovel|Wheelbarrow|Potting soil 40L|Lawn seed|Work gloves|Safety goggles|Ear defenders|"
    "Step ladder|Tool box|Socket set|Allen keys|Pliers|Utility knife|Soldering iron|LED floodlight|Smoke alarm|Door mat|Paint brush set|"
    "Grout grey 5kg|Tile spacers|Cement 25kg|Sand 25kg|Gravel|Gutter bracket|Insulation roll|Hose clamp|O-ring kit|Bearing 6204|V-belt A42|"
    "Hydraulic hose|Oil filter|Air filter|Spark plug|Brake pads|Wiper blades|Fuse 10A|Relay 24V|Contactor 3P|Terminal block|DIN rail 1m"
)
OFFICE = bag(
    "A4 copy paper|Ballpoint pens blue|Stapler|Staples 26/6|Sticky notes|Lever arch file|Whiteboard markers|Highlighter set|Desk lamp|"
    "Office chair|Standing desk|Monitor 27 inch|Wireless mouse|Mechanical keyboard|USB-C cable|HDMI adapter|Laptop sleeve|Docking station|"
    "Laser toner black|Ink cartridge cyan|Envelopes C5|Label rolls|Shredder|Desk organiser|Wall calendar|Notebook A5|Drawing pins|"
    "Correction tape|Scissors|Paper clips|Hole punch|Calculator|Headset|Webcam|External SSD 1TB|Router|Network switch|Projector screen|"
    "Flip chart|Filing cabinet|Visitor chair|Bookcase|Coat stand|Waste bin|Cork board|Laminating pouches|Ring binders|Index cards"
)
SERVICES = bag(
    "Website design|Monthly hosting|Search engine optimisation|Logo redesign|Copywriting|Translation EN-DE|Photo retouching|Boiler service|"
    "Window cleaning|Garden maintenance|Legal consultation|Bookkeeping|Tax return preparation|Payroll processing|Staff training day|"
    "On-site support|Server migration|Security audit|Data recovery|Software licence annual|Cloud storage 500GB|Project management|"
    "Structural survey|Site visit|Plumbing repair|Electrical inspection|Roof repair|Interior painting|Floor sanding|Tree felling|"
    "Car wash|Tyre change|Wheel alignment|MOT test|Engine diagnostics|Catering for 40|Room hire|Sound equipment hire|Stage lighting|"
    "Event photography|Video editing|Voice-over recording|Airport transfer|Courier delivery|Removal service|Storage unit|Deep cleaning|"
    "Carpet cleaning|Pest control|Chimney sweep|Piano tuning|Swimming lessons|Dental check-up|Physiotherapy session|Eye test|"
    "Consulting hours|Prototype assembly|CNC machining|Laser cutting|Powder coating|Calibration|Callout charge|Waste disposal|Waterproofing"
)
DISHES = bag(
    "Margherita pizza|Mushroom risotto|Caesar salad|Grilled salmon|Fish and chips|Chicken tikka masala|Lamb kebab|Beef burger|Pad thai|"
    "Ramen|Nasi lemak|Roti canai|Teh tarik|Iced latte|Flat white|Espresso|Cappuccino|Sweet potato fries|Garlic bread|Onion rings|"
    "Tomato soup|Goat cheese tart|Ribeye steak|Duck confit|Paella|Tiramisu|Cheesecake|Apple crumble|Chocolate brownie|Sorbet|Nachos|"
    "Quesadilla|Spring rolls|Dim sum|Sushi set|Tempura|Pho|Falafel wrap|Greek salad|Moussaka|Lasagne|Carbonara|Ravioli|Minestrone|"
    "House red wine|Prosecco|Lager pint|Mango lassi|Lemonade|Mineral water|Fried rice|Satay chicken|Laksa|Kaya toast|Curry mee|Milo ais"
)
FASHION = bag(
    "Cotton t-shirt|Linen shirt|Slim jeans|Wool coat|Rain jacket|Running shoes|Leather belt|Silk scarf|Denim jacket|Summer dress|"
    "Ankle boots|Sandals|Baseball cap|Sports socks 3pk|Pyjamas|Swim shorts|Hoodie|Cardigan|Chinos|Blazer|Pleated skirt|Sunglasses|Gloves|"
    "Backpack 20L|Wallet|Wrist watch|Polo shirt|Leggings|Parka|Beanie"
)
PLACES = bag(
    "North|South|East|West|Central|Northern Europe|Southern Europe|Asia Pacific|Latin America|Middle East|Africa|Scotland|Wales|"
    "Midlands|London|Leeds|Bristol|Berlin|Munich|Hamburg|Paris|Lyon|Madrid|Lisbon|Rome|Milan|Vienna|Zurich|Oslo|Stockholm|Helsinki|"
    "Warsaw|Prague|Toronto|Chicago|Boston|Denver|Seattle|Austin|Sydney|Melbourne|Tokyo|Seoul|Mumbai|Delhi|Nairobi|Cairo|Lagos|Lima"
)
COUNTRIES = bag(
    "Germany|France|Italy|Spain|Portugal|Norway|Sweden|Finland|Denmark|Poland|Austria|Hungary|Greece|Turkey|Egypt|Kenya|Nigeria|Ghana|"
    "South Africa|Brazil|Argentina|Chile|Peru|Colombia|Mexico|Canada|United States|Japan|China|India|Indonesia|Malaysia|Vietnam|"
    "Thailand|Australia|New Zealand|Ireland|Iceland|Belgium|Netherlands|Switzerland|Romania|Bulgaria|Croatia|Serbia|Ukraine|Morocco"
)
DEPARTMENTS = bag(
    "Sales|Marketing|Finance|Human Resources|Research and Development|Procurement|Logistics|Customer Service|Legal|IT|Production|"
    "Quality Assurance|Facilities|Communications|Engineering|Design|Operations|Training|Maintenance|Compliance"
)
SUBJECTS = bag(
    "Mathematics|English|Physics|Chemistry|Biology|History|Geography|French|Spanish|German|Art|Music|Drama|Economics|Computer Science|"
    "Physical Education|Religious Studies|Philosophy|Latin|Statistics"
)
TOPICS = bag(
    "Budget for next year|Move to the new office|Hiring plan|Summer party|Website relaunch|Parking spaces|Customer survey|Price increase|"
    "Fire safety|Data protection|Supplier contracts|Energy costs|New logo|Training programme|Trade fair|Quality problems|Shift plan|"
    "Canteen menu|Travel policy|Software rollout|Annual report|Membership fees|Playground repairs|Street lighting|Bicycle lanes|"
    "School enrolment|Library opening hours|Waste collection|Flood defence|Tree planting|Roof renovation|Heating system|Lift repair"
)
TEAMS = bag(
    "Rovers|United|City|Wanderers|Athletic|Rangers|Albion|Town|Harriers|Falcons|Tigers|Bears|Eagles|Sharks|Wolves|Dragons|Comets|Giants|"
    "Hawks|Pirates|Storm|Phoenix|Lions|Panthers|Bulls"
)
ADJECTIVES = bag(
    "Premium|Classic|Compact|Heavy-duty|Eco|Deluxe|Standard|Mini|Pro|Ultra|Basic|Vintage|Portable|Foldable|Professional|Smart|Organic|"
    "Economy|XL|Slim"
)
COLOURS = bag("red|blue|green|black|white|grey|silver|yellow|orange|brown|navy|beige|purple|pink")
STREET_EVENTS = bag(
    "Summer Jazz Night|Open Air Cinema|Spring Marathon|Chamber Music Evening|Stand-up Special|Science Slam|Wine Tasting|Opera Gala|"
    "City Food Festival|Indie Rock Tour|Winter Ballet|Poetry Reading|Charity Dinner|Robotics Expo|Photography Exhibition|Comedy Club Live|"
    "Symphony No. 5|Dance Marathon|Classic Car Show|Book Fair|Startup Conference|Folk Festival|Magic Show|Chess Open|Film Premiere"
)
VENUES = bag(
    "Town Hall|Royal Theatre|Riverside Arena|Market Square|Old Brewery|Concert House|Castle Courtyard|Harbour Stage|City Stadium|"
    "Botanical Garden|Museum Auditorium|St Mary's Church|Exhibition Centre Hall 3|Jazz Cellar|Grand Hotel Ballroom|Sports Park|"
    "University Lecture Hall B|Cinema Rex|Lakeside Pavilion|Railway Depot"
)
INGREDIENTS = bag(
    "flour|sugar|butter|eggs|milk|cream|salt|baking powder|vanilla extract|cocoa powder|olive oil|onions|garlic|tomatoes|carrots|celery|"
    "chicken thighs|beef mince|salmon|prawns|rice|pasta|lentils|chickpeas|spinach|mushrooms|parmesan|lemon juice|honey|soy sauce|ginger|"
    "cumin|paprika|thyme|parsley|white wine|stock|potatoes|leeks|bacon|walnuts|raisins|apples|cinnamon|yeast|coconut milk|curry paste"
)
MEDICINES = bag(
    "Amoxicillin|Ibuprofen|Paracetamol|Metformin|Atorvastatin|Omeprazole|Ramipril|Amlodipine|Levothyroxine|Salbutamol|Sertraline|"
    "Prednisolone|Cetirizine|Doxycycline|Bisoprolol|Clopidogrel|Simvastatin|Losartan|Furosemide|Naproxen|Codeine|Diclofenac|Lansoprazole"
)
SKILLS = bag(
    "Python|Java|SQL|Excel|Project management|Public speaking|AutoCAD|Photoshop|Data analysis|Negotiation|First aid|Welding|Bookkeeping|"
    "SAP|JavaScript|Copywriting|Team leadership|Machine learning|Customer relations|Technical drawing|Spanish|French|Kubernetes|Nursing care"
)
LANGUAGES = bag(
    "English|German|French|Spanish|Italian|Dutch|Polish|Turkish|Arabic|Mandarin|Portuguese|Hindi|Swedish|Russian|Japanese"
)
SHOPS = bag(
    "MART|SUPERMARKET|TRADING|ENTERPRISE|STORES|HARDWARE|BAKERY|CAFE|RESTAURANT|BOOKSHOP|PHARMACY|GROCERS|STATIONERY|ELECTRICAL|KITCHEN|"
    "FASHION|DELI|BISTRO|PET SHOP|GARDEN CENTRE|MINI MARKET|AUTO PARTS|PAINTS|TOYS|SPORTS"
)
SURNAMES_ASIA = bag(
    "Lim|Tan|Wong|Lee|Chong|Ng|Goh|Teoh|Ooi|Yap|Chin|Kumar|Rahman|Ismail|Hassan|Abdullah|Ramasamy|Singh|Nair|Chua|Ang|Foo|Liew|Khoo"
)
