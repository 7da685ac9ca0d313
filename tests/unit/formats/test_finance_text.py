"""The encoding of a finance file: told by its bytes where they leave no doubt, else refused with the likely ones."""

from __future__ import annotations

import gzip
import time

import pytest

from shared.formats.finance.errors import EncodingError
from shared.formats.finance.options import FinanceLimits
from shared.formats.finance.text.containers import gunzipped
from shared.formats.finance.text.encoding import DecodedText
from shared.formats.finance.text.letters import judge_letters

#: Words in which the alphabets of Europe differ, by language.
WORDS = {
    "german": "Müller Groß Köln Österreich Fußgänger Übung",
    "french": "Société Générale français à côté crème brûlée Île-de-France",
    "spanish": "Muñoz Núñez España Descripción Compañía León",
    "portuguese": "São João Gonçalves Conceição Magalhães Simões",
    "nordic": "Malmö Ångström København Sørensen Bjørn Jyväskylä",
    "polish": "Łódź Wałęsa Częstochowa Kołobrzeg Gdańsk Świętochłowice",
    "czech": "Plzeň Dvořák Čapek Žižka Šťastný Budějovice",
    "hungarian": "Győr Szűcs Erdős Hódmezővásárhely Árvíztűrő Nyíregyháza",
    "romanian": "Brăila Iaşi Timişoara Bucureşti Ploieşti Bacău",
    "turkish": "İstanbul Eskişehir Ağrı Muğla Şişli Iğdır",
    "baltic": "Šiauliai Panevėžys Kėdainiai Rīga Ķekava Bērziņš",
    "russian": "Москва Иванов Сумма Волгоград Пермь Тула",
    "greek": "Αθήνα Θεσσαλονίκη Πάτρα Λάρισα Βόλος Ρόδος",
    "japanese": "東京 大阪 名古屋 株式会社 合計 顧客",
}
ENCODED = [
    *[(name, "windows-1252") for name in ("german", "french", "spanish", "portuguese", "nordic")],
    *[("german", name) for name in ("cp850", "mac-roman")],
    *[("french", name) for name in ("cp850", "mac-roman")],
    *[(name, code) for name in ("polish", "czech") for code in ("windows-1250", "iso8859-2", "cp852", "mac-latin2")],
    *[(name, code) for name in ("hungarian", "romanian") for code in ("windows-1250", "iso8859-2")],
    ("turkish", "windows-1254"),
    ("baltic", "windows-1257"),
    *[("russian", name) for name in ("windows-1251", "koi8-r", "cp866", "iso8859-5")],
    ("greek", "windows-1253"),
    ("japanese", "shift_jis"),
]


def table(words: str) -> str:
    return "id;ort;betrag\r\n" + "".join(f"{place};{word};1,50\r\n" for place, word in enumerate(words.split()))


def decoded(data: bytes, **said: str) -> str:
    return b"".join(DecodedText([data], file="s.csv", data_set="s", **said)).decode()


@pytest.mark.parametrize(("language", "encoding"), ENCODED)
def test_a_file_is_read_in_its_encoding_or_refused_with_the_one_to_paste(language: str, encoding: str) -> None:
    text = table(WORDS[language])
    data = text.encode(encoding)
    if encoding == "windows-1252":
        assert decoded(data) == text
        return
    with pytest.raises(EncodingError) as caught:
        decoded(data)
    assert decoded(data, encoding=caught.value.toml.split('"')[1]) == text


@pytest.mark.parametrize(
    ("word", "encoding"),
    [
        *[(word, "iso8859-2") for word in ("Győr", "Žatec", "Łódź", "Škoda")],
        *[("Müller", "cp850"), ("Öl", "mac-roman"), ("Öl", "cp850"), ("Weiß", "cp437"), ("Kraków", "mac-latin2")],
        *[("Čapek", "windows-1250"), ("Rīga", "windows-1257"), ("Eskişehir", "windows-1254"), ("Да", "windows-1251")],
        ("12 €", "iso8859-15"),
    ],
)
def test_one_word_of_another_encoding_does_not_pass_as_windows_1252(word: str, encoding: str) -> None:
    with pytest.raises(EncodingError):
        decoded(f"id;ort\r\n1;{word}\r\n2;Bern\r\n".encode(encoding))


SIGNS = ["Nº;5 €;Straße", "12 m²;§ 5;Köln", "“Bo” – 5°;½;Ärzte", "£5;©;Zürich", "1\xa0234,50;Zürich"]


@pytest.mark.parametrize("text", SIGNS)
def test_signs_say_nothing_against_windows_1252(text: str) -> None:
    assert judge_letters(text.encode("cp1252")).western


OTHERS = {
    "gzip": gzip.compress(b"a,b\n1,2\n"),
    "zip": b"PK\x03\x04" + bytes(30),
    "pdf": b"%PDF-1.7\n%\xe2",
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1",
    "parquet": b"PAR1\x15",
    "html": b"<!DOCTYPE html>\n<p>sign in, please</p>",
    "xml": b'<?xml version="1.0"?><r/>',
    "json": b'[{"id": 1, "name": "Bo"},\n{"id": 2}]',
}


@pytest.mark.parametrize("form", OTHERS)
def test_a_file_of_another_format_is_refused_with_what_to_do(form: str) -> None:
    with pytest.raises(EncodingError, match=r"no text, but .*: (?:land|save|export)"):
        decoded(OTHERS[form])


def test_a_gzip_of_many_members_takes_time_by_its_size() -> None:
    members = gzip.compress(b"1,a\n", mtime=0) * 30_000
    begin = time.process_time()
    assert sum(len(piece) for piece in gunzipped([members], "s.csv.gz", FinanceLimits())) == 120_000
    assert time.process_time() - begin < 5, "it took two minutes when each member copied the rest of the file"
