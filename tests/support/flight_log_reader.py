#!/usr/bin/env python3
"""Reads dataflash logs and ULogs by the words of their formats: for tests, apart from the project's readers.

usage: flight_log_reader.py FILE    prints one line of JSON: for each message its number and sums of fields

It reads whole files without damage, but for an end that is cut.
"""

import json
import struct
import sys

DATAFLASH = {
    "a": "64s", "b": "b", "B": "B", "h": "h", "H": "H", "i": "i", "I": "I", "f": "f", "d": "d", "n": "4s",
    "N": "16s", "Z": "64s", "c": "h", "C": "H", "e": "i", "E": "I", "L": "i", "M": "B", "q": "q", "Q": "Q",
    "g": "e",
}
HUNDREDTHS = "cCeE"
ULOG = {
    "int8_t": "b", "uint8_t": "B", "bool": "B", "char": "c", "int16_t": "h", "uint16_t": "H", "int32_t": "i",
    "uint32_t": "I", "int64_t": "q", "uint64_t": "Q", "float": "f", "double": "d",
}


def text(raw):
    return raw.split(b"\0")[0].decode("latin-1")


def dataflash(data):
    """Yields (name, {label: value}) of each message."""
    formats = {128: ("FMT", "BBnNZ", "Type,Length,Name,Format,Columns".split(","), 89)}
    at = 0
    while at + 3 <= len(data):
        if data[at] != 0xA3 or data[at + 1] != 0x95 or data[at + 2] not in formats:
            at += 1
            continue
        name, characters, labels, length = formats[data[at + 2]]
        if at + length > len(data):
            return
        packed = struct.unpack("<" + "".join(DATAFLASH[c] for c in characters), data[at + 3 : at + length])
        values = {}
        for label, character, value in zip(labels, characters, packed):
            if isinstance(value, bytes):
                value = text(value)
            elif character in HUNDREDTHS:
                value /= 100
            elif character == "L":
                value /= 1e7
            values[label] = value
        if name == "FMT":
            formats[values["Type"]] = (
                values["Name"], values["Format"], values["Columns"].split(","), values["Length"])
        yield name, values
        at += length


def ulog(data):
    """Yields (topic, {field: value}) of each logged topic without topics inside it."""
    formats, subscriptions = {}, {}
    at = 16
    while at + 3 <= len(data):
        size, kind = struct.unpack_from("<HB", data, at)
        body = data[at + 3 : at + 3 + size]
        at += 3 + size
        if kind == ord("F"):
            name, fields = body.decode().split(":")
            formats[name] = [part.split(" ") for part in fields.split(";") if part]
        elif kind == ord("A"):
            multi, number = struct.unpack_from("<BH", body)
            name = body[3:].decode()
            subscriptions[number] = name if multi == 0 else f"{name}[{multi}]"
        elif kind == ord("D"):
            topic = subscriptions[struct.unpack_from("<H", body)[0]]
            values, offset = {}, 2
            for kind_of, name in formats[topic.split("[")[0]]:
                base, _, count = kind_of.partition("[")
                count = int(count.rstrip("]") or 1)
                if base not in ULOG:
                    break
                width = struct.calcsize("<" + ULOG[base])
                if name.startswith("_padding"):
                    offset += width * count
                    continue
                values[name] = list(struct.unpack_from(f"<{count}{ULOG[base]}", body, offset))
                offset += width * count
            yield topic, values


def main(path):
    with open(path, "rb") as file:
        data = file.read()
    messages = ulog(data) if data[:7] == b"ULog\x01\x12\x35" else dataflash(data)
    counts, sums = {}, {}
    for name, values in messages:
        counts[name] = counts.get(name, 0) + 1
        for field, value in values.items():
            for i, one in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(one, (int, float)):
                    key = f"{name}.{field}" if not isinstance(value, list) or len(value) == 1 else f"{name}.{field}.{i}"
                    sums[key] = sums.get(key, 0) + one
    print(json.dumps({"counts": counts, "sums": sums}))


main(sys.argv[1])
