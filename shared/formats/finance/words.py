"""Words that name columns, in the languages that finance files came in so far: of text above text, they tell the header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_LISTED: Final = """
account acct address agent amount area article asset author balance bank barcode batch birthdate birthday branch brand
budget buyer category cause channel cid city class client code color colour column comment comments company contact cost
country county created currency customer date day debit credit debtor department description desc detail details discount
district division due email employee end entity event fax fee field file firstname flag forename fullname gender group guid
iban id identifier idx index invoice item iso key kind label language lastname lat latitude level line link location lon
longitude mail manager manufacturer market memo merchant message method mobile mode model modified month name names note
notes nr nbr number num occupation office operator order origin owner paid parent partner payee payer payment percent period
person phone place plant plz position postcode price priority product profession project province quantity qty quarter rate
reason receiver recipient ref reference region remark remarks rep role row salary sales salesperson salutation sector
segment seller sender sex shop sku sort source species start state station status store street subject supplier surname
symbol tag tax team telephone term text time timestamp title town transaction type uid unit units updated uri url user
username uuid value variable variant vat vendor version vin warehouse website week weight width year zip zipcode zone
abteilung adresse anrede anschrift anzahl art artikel auftrag beleg bemerkung bereich beruf beschreibung bestellung betrag
bezeichnung bic blz branche buchungstag buchungstext bundesland datum einheit empfaenger empfänger faellig fällig farbe
filiale firma gebiet gegenkonto geburtsdatum geschlecht gruppe haben handy hauptstadt hersteller jahr kategorie kennung
kommentar konto kontonummer kostenstelle kunde kunden kundennummer kurs kuerzel kürzel land lieferant marke menge monat
nachname nummer ort postleitzahl preis rechnung saldo schluessel schlüssel soll sparte sprache stadt standort steuer
stichtag strasse straße stueck stück telefon umsatz valuta verkaeufer verkäufer vermerk vertreter verwendungszweck vorname
waehrung währung werk wert wertstellung zahlung zeit zeitraum zweck annee année banque catégorie categorie codepostal
commande commentaire compte désignation devise fournisseur intitulé jour libellé libelle lieu magasin marque mois montant
nom numero numéro pays prenom prénom prix produit quantité quantite région rue secteur societe société solde statut tva
unité ville apellido apellidos cantidad categoría ciudad cliente codigo código concepto correo cuenta descripcion
descripción direccion dirección empresa estado fecha importe moneda nombre número pais país precio producto proveedor
provincia telefono teléfono tipo valor banca cap città codice cognome conto descrizione fornitore importo indirizzo nome
nazione paese prezzo prodotto quantità stato cidade conta data descrição endereço fornecedor moeda preço produto quantidade
aantal adres bedrag klant naam omschrijving plaats prijs rekening straat woonplaats ilość imię kategoria klient kraj kwota
miasto nazwa nazwisko numer opis termin ulica waluta adresa cena částka číslo jméno kód město název popis příjmení účet
ulice země belopp dato fornavn etternavn förnamn efternamn kund navn namn pris
"""
_NAMES: Final = frozenset(_LISTED.split())
_TOKEN: Final = re.compile(r"[^\W\d_]+")
_HUMP: Final = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")
_IDENTIFIER: Final = re.compile(r"[A-Za-z]\w*_\w+|[a-z]+[A-Z]\w*|.*\S ?[(\[][^)\]]{1,12}[)\]]|.*[%#]|.*\b(?:No|Nr|Nbr|Num)\.?")
_LONGEST: Final = 5  # words of a name; more are a sentence


def is_name(cell: str | None) -> bool:
    """Tell whether a cell is what columns are called: a word for it, or spelled as only names are."""
    text = (cell or "").strip()
    tokens = [token.casefold() for token in _TOKEN.findall(_HUMP.sub(" ", text))]
    if not 0 < len(tokens) <= _LONGEST or not (text[0].isalnum() or text[0] in "#_%$"):
        return False
    return (
        any(token in _NAMES or token.removesuffix("s") in _NAMES for token in tokens) or _IDENTIFIER.fullmatch(text) is not None
    )


def are_names(cells: Sequence[str | None]) -> bool:
    """Tell whether a quarter of the cells that hold something are names: no record of values has so many."""
    held = [cell for cell in cells if (cell or "").strip()]
    return bool(held) and 4 * sum(map(is_name, held)) >= len(held)
