"""Headers as files bring them, with the role that each column plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A file's header and rows, and which header is expected for which role; no other role may be claimed."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    roles: Mapping[str, str]


FIRST = ("Ada", "Grace", "Jürgen", "María José")
LAST = ("Lovelace", "Hopper", "Müller-Lüdenscheidt", "de la Cruz")
MAIL = ("ada@stripe.com", "grace.hopper@notion.so", "j.mueller@siemens.de", "mj@telefonica.es")
FIRM = ("Stripe", "Notion Labs, Inc.", "Siemens AG", "Telefónica")
SITE = ("stripe.com", "https://www.notion.so/", "www.siemens.de", "telefonica.es")
PROFILE = (
    "https://www.linkedin.com/in/ada-lovelace",
    "linkedin.com/in/ghopper",
    "https://de.linkedin.com/in/j%C3%BCrgen-m-1234",
    "http://www.linkedin.com/in/mariajose/",
)
PAGE = tuple(f"https://www.linkedin.com/company/{slug}" for slug in ("stripe", "notionhq", "siemens", "telefonica"))
TITLE = ("VP Sales", "Head of Engineering", "Leiter Einkauf", "Directora de Marketing")
PHONE = ("+1 415 555 0123", "(212) 555-0199", "+49 89 636 00", "0034 914 82 37 00")
FULL = ("Ada Lovelace", "Grace Hopper", "Dr. Jürgen Müller", "María José de la Cruz")
CITY = ("San Francisco", "New York", "München", "Madrid")
DATE = ("2026-01-05", "2026-02-11", "2025-12-24", "2026-03-03")
NUMBER = ("1", "250", "310000", "12")
OWNER = ("rep@mycompany.com",) * 4
FREE = ("ada@gmail.com", "g@yahoo.com", "j@gmx.de", "m@hotmail.com")
WORDS = ("early bird", "standard rate", "guest pass", "day ticket")
STATUS = ("Open", "Contacted", "Open", "Nurture")


def table(name: str, columns: Mapping[str, tuple[str, ...]], **roles: str) -> Table:
    return Table(name, tuple(columns), tuple(zip(*columns.values(), strict=True)), roles)


SPREADSHEETS = [
    table("plain", {"first_name": FIRST, "last_name": LAST, "domain": SITE},
          first_name="first_name", last_name="last_name", company_domain="domain"),
    table("camel", {"firstName": FIRST, "lastName": LAST, "companyDomain": SITE},
          first_name="firstName", last_name="lastName", company_domain="companyDomain"),
    table("shouting", {"FIRST NAME": FIRST, "LAST NAME": LAST, "COMPANY": FIRM, "E-MAIL": MAIL},
          first_name="FIRST NAME", last_name="LAST NAME", company_name="COMPANY", email="E-MAIL"),
    table("misspelled", {"Frist Name": FIRST, "Last Nmae": LAST, "Compnay": FIRM},
          first_name="Frist Name", last_name="Last Nmae", company_name="Compnay"),
    table("company list", {"name": FIRM, "website": SITE}, company_name="name", company_domain="website"),
    table("company names only", {"Name": FIRM}, company_name="Name"),
    table("people by one name", {"Name": FULL, "Company": FIRM}, full_name="Name", company_name="Company"),
    table("addresses only", {"email": MAIL}, email="email"),
    table("work_email", {"work_email": MAIL, "id": NUMBER}, email="work_email"),
    table("business_email", {"Business Email": MAIL}, email="Business Email"),
    table("profiles only", {"linkedin_url": PROFILE}, profile_url="linkedin_url"),
    table("both pages", {"LinkedIn": PROFILE, "Company LinkedIn": PAGE},
          profile_url="LinkedIn", company_url="Company LinkedIn"),
    table("personal and work", {"Personal Email": ("ada@gmail.com",) * 4, "Email": MAIL},
          personal_email="Personal Email", email="Email"),
    table("private address only", {"Private E-Mail": ("ada@gmail.com",) * 4}, personal_email="Private E-Mail"),
    table("second address", {"Email 2": MAIL, "Email": MAIL}, email="Email"),
    table("titles", {"Job Title": TITLE, "Account": FIRM}, job_title="Job Title", company_name="Account"),
    table("no rows", {"First Name": (), "Surname": (), "Employer": (), "Work Email Address": ()},
          first_name="First Name", last_name="Surname", company_name="Employer", email="Work Email Address"),
]  # fmt: skip

LANGUAGES = [
    table("German", {"Vorname": FIRST, "Nachname": LAST, "Firma": FIRM, "E-Mail-Adresse": MAIL, "Telefonnummer": PHONE},
          first_name="Vorname", last_name="Nachname", company_name="Firma", email="E-Mail-Adresse",
          phone="Telefonnummer"),
    table("German with Name", {"Name": LAST, "Vorname": FIRST, "Unternehmen": FIRM, "Webseite": SITE},
          last_name="Name", first_name="Vorname", company_name="Unternehmen", company_domain="Webseite"),
    table("German contact", {"Anrede": ("Frau", "Frau", "Herr", "Frau"), "Ansprechpartner": FULL, "Firmenname": FIRM,
                             "Funktion": TITLE, "Ort": CITY},
          full_name="Ansprechpartner", company_name="Firmenname", job_title="Funktion"),
    table("French", {"Prénom": FIRST, "Nom": LAST, "Société": FIRM, "Courriel": MAIL, "Poste": TITLE},
          first_name="Prénom", last_name="Nom", company_name="Société", email="Courriel", job_title="Poste"),
    table("French list", {"Nom de l'entreprise": FIRM, "Site web": SITE, "Ville": CITY},
          company_name="Nom de l'entreprise", company_domain="Site web"),
    table("French full", {"Nom complet": FULL, "Raison sociale": FIRM, "Téléphone portable": PHONE},
          full_name="Nom complet", company_name="Raison sociale", phone="Téléphone portable"),
    table("Spanish", {"Nombre": FIRST, "Apellidos": LAST, "Empresa": FIRM, "Correo electrónico": MAIL, "Cargo": TITLE},
          first_name="Nombre", last_name="Apellidos", company_name="Empresa", email="Correo electrónico",
          job_title="Cargo"),
    table("Spanish full", {"Nombre y apellidos": FULL, "Página web": SITE, "Móvil": PHONE},
          full_name="Nombre y apellidos", company_domain="Página web", phone="Móvil"),
    table("Dutch", {"Voornaam": FIRST, "Achternaam": LAST, "Bedrijfsnaam": FIRM, "E-mailadres": MAIL, "Functie": TITLE},
          first_name="Voornaam", last_name="Achternaam", company_name="Bedrijfsnaam", email="E-mailadres",
          job_title="Functie"),
    table("Italian", {"Nome": FIRST, "Cognome": LAST, "Azienda": FIRM, "Indirizzo e-mail": MAIL, "Sito web": SITE},
          first_name="Nome", last_name="Cognome", company_name="Azienda", email="Indirizzo e-mail",
          company_domain="Sito web"),
    table("Portuguese", {"Primeiro nome": FIRST, "Sobrenome": LAST, "Nome da empresa": FIRM, "Telefone": PHONE},
          first_name="Primeiro nome", last_name="Sobrenome", company_name="Nome da empresa", phone="Telefone"),
    table("Polish", {"Imię": FIRST, "Nazwisko": LAST, "Nazwa firmy": FIRM, "Adres e-mail": MAIL},
          first_name="Imię", last_name="Nazwisko", company_name="Nazwa firmy", email="Adres e-mail"),
    table("Swedish", {"Förnamn": FIRST, "Efternamn": LAST, "Företag": FIRM, "E-post": MAIL, "Webbplats": SITE},
          first_name="Förnamn", last_name="Efternamn", company_name="Företag", email="E-post",
          company_domain="Webbplats"),
    table("Danish", {"Fornavn": FIRST, "Efternavn": LAST, "Virksomhed": FIRM, "Hjemmeside": SITE},
          first_name="Fornavn", last_name="Efternavn", company_name="Virksomhed", company_domain="Hjemmeside"),
    table("Turkish", {"Ad": FIRST, "Soyad\u0131": LAST, "Şirket": FIRM, "E-posta": MAIL},
          first_name="Ad", last_name="Soyad\u0131", company_name="Şirket", email="E-posta"),
    table("Russian", {"Имя": FIRST, "Фамилия": LAST, "Компания": FIRM, "Электронная почта": MAIL},
          first_name="Имя", last_name="Фамилия", company_name="Компания", email="Электронная почта"),
    table("Japanese", {"姓": LAST, "名": FIRST, "会社名": FIRM, "メールアドレス": MAIL},
          last_name="姓", first_name="名", company_name="会社名", email="メールアドレス"),
    table("Chinese", {"姓名": FULL, "公司": FIRM, "电子邮件": MAIL},
          full_name="姓名", company_name="公司", email="电子邮件"),
]  # fmt: skip

EXPORTS = [
    table("HubSpot contacts",
          {"Record ID": NUMBER, "First Name": FIRST, "Last Name": LAST, "Email": MAIL, "Phone Number": PHONE,
           "Contact owner": OWNER, "Lead Status": STATUS, "Marketing contact status": STATUS, "Create Date": DATE,
           "Associated Company": FIRM, "Job Title": TITLE, "Website URL": SITE},
          first_name="First Name", last_name="Last Name", email="Email", phone="Phone Number",
          company_name="Associated Company", job_title="Job Title", company_domain="Website URL"),
    table("HubSpot companies",
          {"Record ID": NUMBER, "Company name": FIRM, "Company owner": OWNER, "Create Date": DATE,
           "Company Domain Name": SITE, "City": CITY, "Number of Employees": NUMBER, "LinkedIn Company Page": PAGE},
          company_name="Company name", company_domain="Company Domain Name", company_url="LinkedIn Company Page"),
    table("Salesforce contacts",
          {"Salutation": ("Ms.", "", "Mr.", ""), "First Name": FIRST, "Last Name": LAST, "Title": TITLE,
           "Account Name": FIRM, "Mailing City": CITY, "Phone": PHONE, "Email": MAIL, "Account Owner": FULL,
           "Email Opt Out": ("0", "0", "1", "0"), "Last Activity Date": DATE},
          first_name="First Name", last_name="Last Name", job_title="Title", company_name="Account Name",
          phone="Phone", email="Email"),
    table("Salesforce data loader",
          {"ID": ("0035g00000ABCDE",) * 4, "ACCOUNT.NAME": FIRM, "ACCOUNT.WEBSITE": SITE, "FIRSTNAME": FIRST,
           "LASTNAME": LAST, "EMAIL": MAIL, "HASOPTEDOUTOFEMAIL": ("false",) * 4},
          company_name="ACCOUNT.NAME", company_domain="ACCOUNT.WEBSITE", first_name="FIRSTNAME", last_name="LASTNAME",
          email="EMAIL"),
    table("Salesforce accounts",
          {"Account ID": NUMBER, "Account Name": FIRM, "Website": SITE, "Billing City": CITY, "Account Owner": FULL},
          company_name="Account Name", company_domain="Website"),
    table("Apollo",
          {"First Name": FIRST, "Last Name": LAST, "Title": TITLE, "Company": FIRM, "Company Name for Emails": FIRM,
           "Email": MAIL, "Email Status": ("Verified",) * 4, "Primary Email Source": ("Apollo",) * 4,
           "Email Confidence": NUMBER, "Seniority": ("VP", "Head", "Manager", "Director"), "Contact Owner": OWNER,
           "Work Direct Phone": PHONE, "Corporate Phone": PHONE, "Stage": STATUS, "Account Owner": OWNER,
           "# Employees": NUMBER, "Industry": ("banking",) * 4, "Person Linkedin Url": PROFILE, "Website": SITE,
           "Company Linkedin Url": PAGE, "Facebook Url": ("https://facebook.com/stripe",) * 4, "City": CITY,
           "Company City": CITY, "Company Phone": PHONE, "Secondary Email": ("",) * 4},
          first_name="First Name", last_name="Last Name", job_title="Title", company_name="Company", email="Email",
          phone="Work Direct Phone", profile_url="Person Linkedin Url", company_domain="Website",
          company_url="Company Linkedin Url"),
    table("Sales Navigator, scraped",
          {"profileUrl": ("https://www.linkedin.com/sales/lead/ACwAAA1,NAME_SEARCH,x",) * 4, "fullName": FULL,
           "firstName": FIRST, "lastName": LAST, "companyName": FIRM, "title": TITLE, "companyId": NUMBER,
           "regularCompanyUrl": PAGE, "industry": ("Software",) * 4, "location": CITY, "connectionDegree": ("2nd",) * 4,
           "defaultProfileUrl": PROFILE, "timestamp": DATE},
          full_name="fullName", first_name="firstName", last_name="lastName", company_name="companyName",
          job_title="title", company_url="regularCompanyUrl", profile_url="defaultProfileUrl"),
    table("Sales Navigator, cleaned",
          {"First Name": FIRST, "Last Name": LAST, "Full Name": FULL, "Current Job": TITLE, "Company Name": FIRM,
           "Company Domain": SITE, "Company Website": SITE, "Company LinkedIn URL": PAGE, "LinkedIn URL": PROFILE,
           "Prospect LinkedIn ID": NUMBER},
          first_name="First Name", last_name="Last Name", full_name="Full Name", job_title="Current Job",
          company_name="Company Name", company_domain="Company Domain", company_url="Company LinkedIn URL",
          profile_url="LinkedIn URL"),
    table("LinkedIn connections",
          {"First Name": FIRST, "Last Name": LAST, "URL": PROFILE, "Email Address": ("", MAIL[1], "", ""),
           "Company": FIRM, "Position": TITLE, "Connected On": ("05 Jan 2026",) * 4},
          first_name="First Name", last_name="Last Name", profile_url="URL", email="Email Address",
          company_name="Company", job_title="Position"),
    table("Pipedrive",
          {"Person - Name": FULL, "Person - Email": MAIL, "Person - Phone": PHONE, "Organization - Name": FIRM,
           "Deal - Owner": FULL},
          full_name="Person - Name", email="Person - Email", phone="Person - Phone",
          company_name="Organization - Name"),
]  # fmt: skip

MORE_EXPORTS = [
    table("ZoomInfo",
          {"ZoomInfo Contact ID": NUMBER, "Last Name": LAST, "First Name": FIRST, "Middle Name": ("", "", "", ""),
           "Job Title": TITLE, "Job Function": WORDS, "Direct Phone Number": PHONE, "Email Address": MAIL,
           "Email Domain": SITE, "Mobile phone": PHONE, "LinkedIn Contact Profile URL": PROFILE, "Company Name": FIRM,
           "Website": SITE, "Company HQ Phone": PHONE, "LinkedIn Company Profile URL": PAGE, "Full Address": WORDS},
          last_name="Last Name", first_name="First Name", job_title="Job Title", email="Email Address",
          phone="Mobile phone", profile_url="LinkedIn Contact Profile URL", company_name="Company Name",
          company_domain="Website", company_url="LinkedIn Company Profile URL"),
    table("Lusha",
          {"Contact First Name": FIRST, "Contact Last Name": LAST, "Contact Full Name": FULL,
           "Contact LinkedIn Profile": PROFILE, "Contact Job Title": TITLE, "Company Name": FIRM,
           "Company Domain": SITE, "Company Website": SITE, "Work Email": MAIL, "Additional Email 1": MAIL,
           "Private Email": FREE},
          first_name="Contact First Name", last_name="Contact Last Name", full_name="Contact Full Name",
          profile_url="Contact LinkedIn Profile", job_title="Contact Job Title", company_name="Company Name",
          company_domain="Company Domain", email="Work Email", personal_email="Private Email"),
    table("Google contacts",
          {"Name": FULL, "Given Name": FIRST, "Additional Name": ("", "", "", ""), "Family Name": LAST,
           "E-mail 1 - Type": ("Work",) * 4, "E-mail 1 - Value": MAIL, "Organization 1 - Name": FIRM,
           "Organization 1 - Title": TITLE, "Website 1 - Value": SITE},
          full_name="Name", first_name="Given Name", last_name="Family Name", email="E-mail 1 - Value",
          company_name="Organization 1 - Name", job_title="Organization 1 - Title",
          company_domain="Website 1 - Value"),
    table("Outlook in German",
          {"Anrede": WORDS, "Vorname": FIRST, "Nachname": LAST, "Firma": FIRM, "Abteilung": WORDS, "Position": TITLE,
           "E-Mail-Adresse": MAIL, "E-Mail 2: Adresse": FREE, "Webseite": SITE, "PLZ": NUMBER},
          first_name="Vorname", last_name="Nachname", company_name="Firma", job_title="Position",
          email="E-Mail-Adresse", company_domain="Webseite"),
    table("Dynamics",
          {"(Do Not Modify) Contact": NUMBER, "(Do Not Modify) Row Checksum": NUMBER, "Full Name": FULL,
           "Company Name": FIRM, "Email": MAIL, "Job Title": TITLE},
          full_name="Full Name", company_name="Company Name", email="Email", job_title="Job Title"),
    table("HubSpot by internal names",
          {"hs_object_id": NUMBER, "firstname": FIRST, "lastname": LAST, "email": MAIL, "company": FIRM,
           "jobtitle": TITLE, "hs_linkedin_url": PROFILE, "hubspot_owner_id": NUMBER, "website": SITE},
          first_name="firstname", last_name="lastname", email="email", company_name="company", job_title="jobtitle",
          profile_url="hs_linkedin_url", company_domain="website"),
    table("flattened JSON",
          {"person.first_name": FIRST, "person.last_name": LAST, "person.emails.0": MAIL, "company.name": FIRM,
           "company.domain": SITE, "company.id": NUMBER},
          first_name="person.first_name", last_name="person.last_name", email="person.emails.0",
          company_name="company.name", company_domain="company.domain"),
    table("an attendance list",
          {"Ticket type": WORDS, "Attendee Name": FULL, "Attendee E-mail": MAIL, "Company / Organisation": FIRM,
           "Registered at": DATE},
          full_name="Attendee Name", email="Attendee E-mail", company_name="Company / Organisation"),
    table("names of other things",
          {"Campaign Name": ("Summer Sale", "Trade Fair", "Winter Push", "Big Launch"), "Product Name": WORDS,
           "Sales Rep": FULL, "Domain": SITE},
          company_domain="Domain"),
]  # fmt: skip

CONTENT_ONLY = [
    table("no header, people", {"": FIRST, " ": LAST, "  ": MAIL, "column_4": PROFILE},
          first_name="", last_name=" ", email="  ", profile_url="column_4"),
    table("no header, full names", {"column_1": FULL, "column_2": FIRM, "column_3": SITE},
          full_name="column_1", company_name="column_2", company_domain="column_3"),
    table("no header, phones", {"1": PHONE, "2": PAGE, "3": DATE, "4": NUMBER}, phone="1", company_url="2"),
    table("a site column of addresses", {"Website": MAIL, "Company": FIRM}, email="Website", company_name="Company"),
    table("an address column of sites", {"Email": SITE}, company_domain="Email"),
    table("a LinkedIn column of companies", {"LinkedIn": PAGE, "Firm": FIRM}, company_url="LinkedIn",
          company_name="Firm"),
    table("an address column of words", {"Email": STATUS, "Domain": SITE}, company_domain="Domain"),
    table("names that are numbers", {"First Name": NUMBER, "Email": MAIL}, email="Email"),
    table("company pages under company url", {"Company URL": PAGE, "Company": FIRM}, company_url="Company URL",
          company_name="Company"),
    table("sites under company url", {"Company URL": SITE}, company_domain="Company URL"),
    table("an owner's address", {"Owner Email": OWNER, "Domain": SITE}, company_domain="Domain"),
]  # fmt: skip

TABLES = [*SPREADSHEETS, *LANGUAGES, *EXPORTS, *MORE_EXPORTS, *CONTENT_ONLY]
