#!/usr/bin/env python3
"""Reads an MCAP file by the words of its specification, and trusts nothing in it.

Written apart from the project's own reader and writer, with Python's standard library only, to hold
the files of the flight recorder against a second reading of the specification.

usage: mcap_reader.py FILE            what the file holds, as one line of JSON
       mcap_reader.py FILE --messages also each message, one line of JSON each, in the order of the file

Exit code 0 when every check holds, 1 with a sentence on stderr when one does not.
"""

import json
import struct
import sys
import zlib

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX = range(1, 9)
ATTACHMENT, ATTACHMENT_INDEX, STATISTICS, METADATA, METADATA_INDEX, SUMMARY_OFFSET, DATA_END = range(9, 16)


class Wrong(Exception):
    pass


def check(condition, sentence):
    if not condition:
        raise Wrong(sentence)


class Fields:
    """Little-endian fields of one record, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        check(self.at + size <= len(self.data), "a field reaches beyond its record")
        piece = self.data[self.at : self.at + size]
        self.at += size
        return piece

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def u16(self):
        return self.number("H")

    def u32(self):
        return self.number("I")

    def u64(self):
        return self.number("Q")

    def text(self):
        return bytes(self.take(self.u32())).decode("utf-8")

    def pairs(self, key, value):
        inner = Fields(self.take(self.u32()))
        found = []
        while inner.at < len(inner.data):
            found.append((key(inner), value(inner)))
        return found

    def end(self):
        check(self.at == len(self.data), "a record is longer than its fields")


def records(data, start, stop):
    """(place, opcode, content) of each record in data[start:stop]."""
    at = start
    while at < stop:
        check(at + 9 <= stop, f"a record at byte {at} has no length")
        opcode, length = struct.unpack_from("<BQ", data, at)
        check(at + 9 + length <= stop, f"the record at byte {at} reaches beyond its end")
        yield at, opcode, memoryview(data)[at + 9 : at + 9 + length]
        at += 9 + length


def read_schema(content):
    f = Fields(content)
    schema = {"id": f.u16(), "name": f.text(), "encoding": f.text()}
    schema["data"] = bytes(f.take(f.u32())).decode("utf-8")
    f.end()
    check(schema["id"] != 0, "a schema has the id 0")
    return schema


def read_channel(content):
    f = Fields(content)
    channel = {"id": f.u16(), "schema": f.u16(), "topic": f.text(), "encoding": f.text()}
    channel["metadata"] = f.pairs(Fields.text, Fields.text)
    f.end()
    return channel


def read_message(content):
    f = Fields(content)
    channel, sequence, log_time, publish_time = f.u16(), f.u32(), f.u64(), f.u64()
    return channel, sequence, log_time, publish_time, bytes(content[f.at :])


class Reader:
    def __init__(self, data):
        self.data = data
        self.schemas, self.channels = {}, {}
        self.messages = []
        self.chunks, self.metadata = {}, []
        self.summary_schemas, self.summary_channels = {}, {}
        self.chunk_indexes, self.metadata_indexes, self.offsets = [], [], []
        self.statistics = None
        self.groups = []

    def read(self):
        data = self.data
        check(data[:8] == MAGIC, "it does not begin with the magic")
        check(data[-8:] == MAGIC, "it does not end with the magic")
        opcode, length = struct.unpack_from("<BQ", data, len(data) - 37)
        check(opcode == FOOTER and length == 20, "no footer stands before the last magic")
        summary_start, offset_start, summary_crc = struct.unpack_from("<QQI", data, len(data) - 28)
        stop = summary_start if summary_start != 0 else len(data) - 37
        self.read_data(stop)
        if summary_start != 0:
            check(summary_crc != 0, "the summary has no CRC")
            found = zlib.crc32(data[summary_start : len(data) - 12])
            check(found == summary_crc, "the CRC of the summary is wrong")
            self.read_summary(summary_start, offset_start or len(data) - 37)
            if offset_start != 0:
                self.read_offsets(offset_start, len(data) - 37)
            self.check_summary()
        return self

    def read_data(self, stop):
        last_chunk, ended, first = None, False, True
        for at, opcode, content in records(self.data, 8, stop):
            check(not ended, "a record follows the data end")
            check(first == (opcode == HEADER), "the header is not the first record, or not the only one")
            first = False
            f = Fields(content)
            if opcode == HEADER:
                self.header = {"profile": f.text(), "library": f.text()}
            elif opcode == CHUNK:
                last_chunk = self.read_chunk(at, content)
            elif opcode == MESSAGE_INDEX:
                check(last_chunk is not None, "a message index stands before any chunk")
                self.read_message_index(last_chunk, at, content)
            elif opcode == METADATA:
                name, values = f.text(), f.pairs(Fields.text, Fields.text)
                f.end()
                check(len(dict(values)) == len(values), "metadata tells a key twice")
                self.metadata.append((at, 9 + len(content), name, dict(values)))
            elif opcode == DATA_END:
                crc, ended = f.u32(), True
                check(crc != 0, "the data section has no CRC")
                check(zlib.crc32(self.data[:at]) == crc, "the CRC of the data section is wrong")
            elif opcode in (SCHEMA, CHANNEL, MESSAGE):
                self.read_inner(at, opcode, content)
            else:
                check(opcode >= 0x80, f"a record with opcode {opcode} stands in the data section")
        check(ended, "there is no data end")
        for chunk in self.chunks.values():
            indexed = sum(len(entries) for entries in chunk["indexes"].values())
            check(indexed == len(chunk["messages"]), "a chunk has messages without an index")

    def read_inner(self, at, opcode, content):
        if opcode == SCHEMA:
            schema = read_schema(content)
            check(self.schemas.setdefault(schema["id"], schema) == schema, "a schema id has two meanings")
        elif opcode == CHANNEL:
            channel = read_channel(content)
            check(self.channels.setdefault(channel["id"], channel) == channel, "a channel id has two meanings")
            check(channel["schema"] == 0 or channel["schema"] in self.schemas, "a channel stands before its schema")
        elif opcode == MESSAGE:
            message = read_message(content)
            check(message[0] in self.channels, "a message stands before its channel")
            self.messages.append((at, *message))
            return message
        else:
            raise Wrong(f"a record with opcode {opcode} stands in a chunk")
        return None

    def read_chunk(self, at, content):
        f = Fields(content)
        start, end, size, crc, compression = f.u64(), f.u64(), f.u64(), f.u32(), f.text()
        inner = f.take(f.u64())
        f.end()
        check(compression == "", f"a chunk is compressed ({compression})")
        check(size == len(inner), "the size of a chunk is wrong")
        check(crc != 0, "a chunk has no CRC")
        check(zlib.crc32(inner) == crc, f"the CRC of the chunk at byte {at} is wrong")
        chunk = {"length": 9 + len(content), "start": start, "end": end, "size": size, "indexes": {}}
        chunk["messages"], chunk["index_places"], chunk["index_bytes"] = {}, {}, 0
        for place, opcode, record in records(bytes(inner), 0, len(inner)):
            message = self.read_inner(at, opcode, record)
            if message is not None:
                chunk["messages"][place] = (message[0], message[2])
        times = [time for _, time in chunk["messages"].values()] or [0]
        check((min(times), max(times)) == (start, end), "the times of a chunk are wrong")
        self.chunks[at] = chunk
        return chunk

    def read_message_index(self, chunk, at, content):
        f = Fields(content)
        channel, entries = f.u16(), f.pairs(Fields.u64, Fields.u64)
        f.end()
        check(channel not in chunk["indexes"], "a channel has two indexes in a chunk")
        chunk["indexes"][channel] = entries
        chunk["index_places"][channel] = at
        chunk["index_bytes"] += 9 + len(content)
        for time, place in entries:
            check(chunk["messages"].get(place) == (channel, time), "a message index points nowhere")

    def read_summary(self, start, stop):
        for at, opcode, content in records(self.data, start, stop):
            f = Fields(content)
            if not self.groups or self.groups[-1][0] != opcode:
                self.groups.append([opcode, at, 0])
            self.groups[-1][2] += 9 + len(content)
            if opcode == SCHEMA:
                schema = read_schema(content)
                self.summary_schemas[schema["id"]] = schema
            elif opcode == CHANNEL:
                channel = read_channel(content)
                self.summary_channels[channel["id"]] = channel
            elif opcode == STATISTICS:
                check(self.statistics is None, "there are two statistics")
                names = ["messages", "schemas", "channels", "attachments", "metadata", "chunks", "start", "end"]
                values = [f.u64(), f.u16(), f.u32(), f.u32(), f.u32(), f.u32(), f.u64(), f.u64()]
                self.statistics = dict(zip(names, values))
                self.statistics["by_channel"] = dict(f.pairs(Fields.u16, Fields.u64))
                f.end()
            elif opcode == CHUNK_INDEX:
                start_time, end_time, place, length = f.u64(), f.u64(), f.u64(), f.u64()
                places, index_bytes = dict(f.pairs(Fields.u16, Fields.u64)), f.u64()
                compression, compressed, size = f.text(), f.u64(), f.u64()
                f.end()
                check(compression == "" and compressed == size, "a chunk index tells of compression")
                self.chunk_indexes.append((place, start_time, end_time, length, places, index_bytes, size))
            elif opcode == METADATA_INDEX:
                self.metadata_indexes.append((f.u64(), f.u64(), f.text()))
                f.end()
            else:
                raise Wrong(f"a record with opcode {opcode} stands in the summary")

    def read_offsets(self, start, stop):
        for _, opcode, content in records(self.data, start, stop):
            check(opcode == SUMMARY_OFFSET, "not a summary offset")
            f = Fields(content)
            self.offsets.append([f.number("B"), f.u64(), f.u64()])
            f.end()

    def check_summary(self):
        check(self.summary_schemas == self.schemas, "the summary has other schemas")
        check(self.summary_channels == self.channels, "the summary has other channels")
        check(self.offsets == self.groups, "the summary offsets are wrong")
        expected = [
            (at, c["start"], c["end"], c["length"], c["index_places"], c["index_bytes"], c["size"])
            for at, c in self.chunks.items()
        ]
        check(self.chunk_indexes == expected, "the chunk indexes are wrong")
        expected = [(at, length, name) for at, length, name, _ in self.metadata]
        check(self.metadata_indexes == expected, "the metadata indexes are wrong")
        times = [message[3] for message in self.messages] or [0]
        counts = {channel: 0 for channel in self.channels}
        for message in self.messages:
            counts[message[1]] += 1
        expected = {
            "messages": len(self.messages),
            "schemas": len(self.schemas),
            "channels": len(self.channels),
            "attachments": 0,
            "metadata": len(self.metadata),
            "chunks": len(self.chunks),
            "start": min(times),
            "end": max(times),
        }
        said = dict(self.statistics or {})
        by_channel = {channel: count for channel, count in said.pop("by_channel", {}).items()}
        check(said == expected, f"the statistics are wrong: {said}, not {expected}")
        check({**counts, **by_channel} == counts, "the messages by channel are wrong")

    def holds(self):
        topics = {}
        for channel in self.channels.values():
            schema = self.schemas.get(channel["schema"])
            topics[channel["topic"]] = {
                "messageEncoding": channel["encoding"],
                "schemaName": schema and schema["name"],
                "schemaEncoding": schema and schema["encoding"],
                "schema": schema and json.loads(schema["data"]),
                "messages": sum(1 for message in self.messages if message[1] == channel["id"]),
            }
        return {
            "header": self.header,
            "messages": len(self.messages),
            "chunks": len(self.chunks),
            "topics": topics,
            "metadata": {name: values for _, _, name, values in self.metadata},
        }


def main(arguments):
    with open(arguments[0], "rb") as file:
        reader = Reader(file.read())
    try:
        reader.read()
        print(json.dumps(reader.holds()))
        if "--messages" in arguments:
            for _, channel, sequence, log_time, publish_time, data in reader.messages:
                topic = reader.channels[channel]["topic"]
                times = {"logTimeNs": log_time, "publishTimeNs": publish_time}
                message = {"topic": topic, "sequence": sequence, **times, "message": json.loads(data)}
                print(json.dumps(message))
    except (Wrong, UnicodeDecodeError, ValueError, struct.error) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
