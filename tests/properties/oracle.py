"""The dialect once more, as plainly as it can be said: what the kernel has to agree with, byte by byte."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record: its place, its bytes and its values (None: nothing between two delimiters)."""

    start: int
    raw: bytes
    values: list[bytes | None]
    terminated: bool  # a line break ends it
    closed: bool  # no quote is open at its end


def parse(data: bytes, delimiter: int = ord(",")) -> list[Record]:
    """All records of `data`, the unterminated last one too; empty lines are none."""
    records: list[Record] = []
    at = 0
    while at < len(data):
        if data[at] in b"\r\n":
            at += 1
            continue
        record = _record(data, at, delimiter)
        records.append(record)
        at = record.start + len(record.raw)
    return records


def _record(data: bytes, start: int, delimiter: int) -> Record:
    values: list[bytes | None] = []
    at = start
    while True:
        value = bytearray()
        quoted = at < len(data) and data[at] == ord('"')
        if quoted:
            at += 1
            while True:
                if at == len(data):
                    values.append(bytes(value))
                    return Record(start=start, raw=data[start:], values=values, terminated=False, closed=False)
                if data[at] != ord('"'):
                    value.append(data[at])
                    at += 1
                elif data[at : at + 2] == b'""':
                    value.append(data[at])
                    at += 2
                else:
                    at += 1
                    break
        while at < len(data) and data[at] not in (delimiter, 13, 10):
            value.append(data[at])
            at += 1
        values.append(bytes(value) if value or quoted else None)
        if at == len(data) or data[at] in b"\r\n":
            return Record(start=start, raw=data[start:at], values=values, terminated=at < len(data), closed=True)
        at += 1
