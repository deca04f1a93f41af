"""Word lists of the synthetic world: people's names, company names, titles, places, technologies, investors."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """Ada Adam Aisha Alan Alice Amara Amir Amy Ana Andre Anika Anna Anton Arjun Astrid Ava Ben Bianca Boris Bruno
    Camille Carla Carlos Caroline Cecilia Chen Chloe Chris Clara Claudia Connor Daniel Daria David Deepa Diego Dina
    Dominic Edith Elena Eli Elif Emil Emma Erik Esther Eva Fatima Felix Fiona Florian Frank Gabriel Gina Grace Hana
    Hannah Harold Hassan Helen Henrik Hugo Ian Ida Imran Ines Irene Isaac Ivan Jack Jana Jasmine Javier Jia Joan Johan
    Jonas Julia Kai Karen Karim Kate Kenji Kofi Lars Laura Leila Leo Liam Lina Lorenzo Lucas Lucy Maja Marco Margaret
    Maria Mark Marta Mateo Maya Mei Mia Michael Mina Mohamed Nadia Naomi Nathan Nia Nina Noah Nora Olga Oliver Omar
    Oscar Paolo Paula Pedro Petra Priya Quinn Rachel Rafael Raj Rebecca Rosa Ruth Samir Sandra Sara Sean Simon Sofia
    Stefan Tariq Tessa Theo Thomas Tomas Uma Ursula Vera Victor Wei William Xavier Yara Yuki Zainab Zoe"""
)

LAST = _words(
    """Abbott Adeyemi Ahmed Alvarez Andersen Archer Bakker Barnes Becker Bennett Berg Bergman Bianchi Blake Bose
    Brandt Brooks Brown Carter Castillo Chan Chandra Clarke Cohen Collins Costa Cruz Dahl Davies Delgado Diaz Dubois
    Duncan Edwards Eklund Ellis Evans Farouk Ferrari Fischer Fletcher Flores Foster Fraser Fuentes Garcia Ghosh Gibson
    Gomez Graham Grant Gupta Haas Hale Hamid Hansen Harris Hayes Herrera Hoffman Holm Hughes Ibrahim Ito Iyer Jansen
    Jensen Johnson Jones Kapoor Kato Keller Kelly Kemp Khan Kim Klein Kowalski Kumar Lambert Lang Larsen Laurent Lee
    Leone Lewis Lindgren Lopez Lovelace Lund Mancini Marsh Martin Martinez McDonald McKenzie Mehta Mendes Meyer Mills
    Mishra Moore Morales Moreau Morris Muller Murphy Nakamura Navarro Nel Neumann Newman Nguyen Nilsson Novak O'Brien
    O'Connor Okafor Olsen Ortega Owens Park Patel Pereira Peters Petrov Phillips Pinto Popov Price Ramos Rao Reed
    Reyes Richter Rinaldi Rivera Roberts Rossi Roy Russo Saito Salazar Santos Sato Schmidt Schneider Schultz Sharma
    Silva Singh Smith Sousa Stone Sullivan Suzuki Svensson Tanaka Taylor Thompson Torres Turner Ueda Vargas Vega
    Vidal Vogel Wagner Walker Wang Watanabe Weber White Wilson Winter Wolf Wright Yamada Yilmaz Young Zhang
    Ziegler"""
)

HEADS = _words(
    """Amber Arbor Beacon Birch Blue Bright Cedar Clear Copper Delta Echo Ember Falcon Granite Harbor Iron Juniper
    Lumen Maple Nimbus North Opal Orbit Pine Quartz River Silver Summit Tidal Umber Vector Willow Zephyr"""
)
TAILS = _words("Analytics Bank Cloud Foods Freight Health Labs Legal Robotics Security Software Systems Works")

KNOWN = (
    ("stripe.com", "Stripe", "Financial Services"),
    ("notion.so", "Notion", "Software Development"),
    ("figma.com", "Figma", "Software Development"),
    ("airbnb.com", "Airbnb", "Travel"),
    ("hubspot.com", "HubSpot", "Software Development"),
    ("shopify.com", "Shopify", "Retail"),
    ("datadoghq.com", "Datadog", "Software Development"),
    ("spotify.com", "Spotify", "Entertainment"),
    ("siemens.com", "Siemens", "Manufacturing"),
    ("globex.com", "Globex", "Manufacturing"),
    ("initech.com", "Initech", "Software Development"),
    ("company.com", "Company", "Business Services"),
)

INDUSTRIES = (
    "Software Development", "Financial Services", "Healthcare", "Manufacturing", "Retail", "Logistics",
    "Legal Services", "Robotics", "Computer Security", "Food Production", "Marketing", "Education", "Real Estate",
)  # fmt: skip

INDUSTRY_OF_TAIL = {
    "Analytics": "Software Development", "Bank": "Financial Services", "Cloud": "Software Development",
    "Foods": "Food Production", "Freight": "Logistics", "Health": "Healthcare", "Labs": "Healthcare",
    "Legal": "Legal Services", "Robotics": "Robotics", "Security": "Computer Security",
    "Software": "Software Development", "Systems": "Manufacturing", "Works": "Manufacturing",
}  # fmt: skip

# city, region, country, ISO 3166-1 alpha-2, postal code, telephone prefix of numbers kept for fiction (then two digits)
PLACES = (
    ("San Francisco", "California", "United States", "US", "94105", "+141555501"),
    ("New York", "New York", "United States", "US", "10001", "+121255501"),
    ("Boston", "Massachusetts", "United States", "US", "02210", "+161755501"),
    ("Austin", "Texas", "United States", "US", "78701", "+151255501"),
    ("Chicago", "Illinois", "United States", "US", "60601", "+131255501"),
    ("Seattle", "Washington", "United States", "US", "98101", "+120655501"),
    ("Denver", "Colorado", "United States", "US", "80202", "+130355501"),
    ("Toronto", "Ontario", "Canada", "CA", "M5H 2N2", "+141655501"),
    ("London", "England", "United Kingdom", "GB", "EC2A 4NE", "+4477009000"),
    ("Manchester", "England", "United Kingdom", "GB", "M1 1AE", "+4477009001"),
    ("Berlin", "Berlin", "Germany", "DE", "10115", "+4917139200"),
    ("Munich", "Bavaria", "Germany", "DE", "80331", "+4917139200"),
    ("Paris", "Île-de-France", "France", "FR", "75002", "+336399800"),
    ("Sydney", "New South Wales", "Australia", "AU", "2000", "+614915701"),
    ("Stockholm", "Stockholm County", "Sweden", "SE", "111 20", "+467017406"),
)
_CONTINENTS = {"US": "North America", "CA": "North America", "AU": "Oceania"}
STREETS = ("Market Street", "Harbour Road", "Mill Lane", "Station Road", "King Street", "Canal Street", "High Street")

# function -> titles from the top down: c_level, vp, director, manager, senior, mid, entry
TITLES = {
    "Sales": (
        "Chief Revenue Officer", "VP of Sales", "Director of Sales", "Sales Manager", "Senior Account Executive",
        "Account Executive", "Sales Development Representative",
    ),
    "Marketing": (
        "Chief Marketing Officer", "VP of Marketing", "Director of Demand Generation", "Marketing Manager",
        "Senior Content Strategist", "Content Strategist", "Marketing Assistant",
    ),
    "Engineering": (
        "Chief Technology Officer", "VP of Engineering", "Director of Engineering", "Engineering Manager",
        "Senior Software Engineer", "Software Engineer", "Junior Software Engineer",
    ),
    "Finance": (
        "Chief Financial Officer", "VP of Finance", "Director of Finance", "Finance Manager", "Senior Accountant",
        "Financial Analyst", "Junior Accountant",
    ),
    "Operations": (
        "Chief Operating Officer", "VP of Operations", "Director of Operations", "Operations Manager",
        "Senior Operations Analyst", "Operations Analyst", "Operations Assistant",
    ),
    "Human Resources": (
        "Chief People Officer", "VP of People", "Director of Talent", "HR Manager", "Senior Recruiter", "Recruiter",
        "HR Assistant",
    ),
    "Product": (
        "Chief Product Officer", "VP of Product", "Director of Product", "Product Manager", "Senior Product Designer",
        "Product Designer", "Associate Product Manager",
    ),
    "Customer Success": (
        "Chief Customer Officer", "VP of Customer Success", "Director of Support", "Customer Success Manager",
        "Senior Support Engineer", "Support Engineer", "Support Representative",
    ),
}  # fmt: skip
SENIORITIES = ("c_level", "vp", "director", "manager", "senior", "mid", "entry")
FUNCTIONS = tuple(TITLES)

# Who leads each company, in the order of its roster: function and index into TITLES; the first of all is the CEO.
LEADERS = (
    ("Sales", 1), ("Engineering", 0), ("Marketing", 1), ("Finance", 0), ("Sales", 2), ("Engineering", 1),
    ("Product", 1), ("Operations", 0), ("Human Resources", 1), ("Customer Success", 1),
)  # fmt: skip

TECHNOLOGIES = (
    ("Salesforce", "CRM", "salesforce.com"), ("HubSpot", "CRM", "hubspot.com"), ("Pipedrive", "CRM", "pipedrive.com"),
    ("Google Analytics", "Analytics", "google.com/analytics"), ("Segment", "Analytics", "segment.com"),
    ("Mixpanel", "Analytics", "mixpanel.com"), ("Amplitude", "Analytics", "amplitude.com"),
    ("Cloudflare", "CDN", "cloudflare.com"), ("Fastly", "CDN", "fastly.com"),
    ("AWS", "Hosting", "aws.amazon.com"), ("Google Cloud", "Hosting", "cloud.google.com"),
    ("Azure", "Hosting", "azure.microsoft.com"), ("React", "JavaScript Framework", "react.dev"),
    ("Vue.js", "JavaScript Framework", "vuejs.org"), ("Marketo", "Marketing Automation", "marketo.com"),
    ("Mailchimp", "Marketing Automation", "mailchimp.com"), ("Intercom", "Chat/Support", "intercom.com"),
    ("Zendesk", "Chat/Support", "zendesk.com"), ("Shopify", "E-commerce", "shopify.com"),
    ("Magento", "E-commerce", "magento.com"), ("WordPress", "CMS", "wordpress.org"), ("Webflow", "CMS", "webflow.com"),
    ("Okta", "Security", "okta.com"), ("CrowdStrike", "Security", "crowdstrike.com"), ("SAP", "ERP", "sap.com"),
    ("NetSuite", "ERP", "netsuite.com"), ("Outreach", "Sales Automation", "outreach.io"),
    ("Gong", "Conversation Intelligence", "gong.io"), ("GitHub", "Development", "github.com"),
    ("Jira", "Development", "atlassian.com"),
)  # fmt: skip

INVESTORS = (
    "Northgate Ventures", "Blue Heron Capital", "Kestrel Partners", "Old Mill Growth", "Lighthouse Fund",
    "First Meridian", "Seedling", "Granary Capital", "Tailwind Equity", "Polder Ventures",
)  # fmt: skip
ROUNDS = ("Seed", "Series A", "Series B", "Series C", "Series D")

# display name of the mailbox provider, host that takes the mail
MAIL = (
    ("Example Mail", "mx1.mail.example"),
    ("Example Mail Suite", "mx.suite.example"),
    ("Google Workspace", "aspmx.l.google.example"),
    ("Microsoft 365", "mail.protection.outlook.example"),
)
HOME_MAIL = ("home.example", "post.example", "inbox.example")
FREE_MAIL = frozenset(
    _words(
        """gmail.com googlemail.com yahoo.com outlook.com hotmail.com live.com icloud.com me.com aol.com gmx.de gmx.net
    web.de proton.me protonmail.com mail.ru yandex.ru qq.com 163.com fastmail.com zoho.com example.net"""
    )
) | frozenset(HOME_MAIL)
ROLES = frozenset(
    _words("info sales support contact hello admin office billing jobs careers press team marketing help service")
)


def continent(country_code: str) -> str:
    """Where a country of `PLACES` lies."""
    return _CONTINENTS.get(country_code, "Europe")
