"""Takes our frames apart with struct and hashlib alone; formats written from the definitions by hand."""
import hashlib
import json
import struct
import sys

KEY = bytes(range(1, 33))
FORMATS = {
    232: ("GPS_INPUT", 151, "<QIiifffffffffHHBBBH",
          "time_usec time_week_ms lat lon alt hdop vdop vn ve vd speed_accuracy horiz_accuracy"
          " vert_accuracy ignore_flags time_week gps_id fix_type satellites_visible yaw"),
    296: ("GLOBAL_POSITION_SENSOR", 158, "<QIiiffffBBBBB",
          "time_usec processing_time lat lon alt_ellipsoid alt eph epv target_system"
          " target_component id source flags"),
    75: ("COMMAND_INT", 158, "<ffffiifHBBBBB",
         "param1 param2 param3 param4 x y z command target_system target_component frame current"
         " autocontinue"),
    111: ("TIMESYNC", 34, "<qqBB", "tc1 ts1 target_system target_component"),
}


def crc(data):
    value = 0xFFFF
    for byte in data:
        tmp = byte ^ (value & 0xFF)
        tmp = (tmp ^ (tmp << 4)) & 0xFF
        value = ((value >> 8) ^ (tmp << 8) ^ (tmp << 3) ^ (tmp >> 4)) & 0xFFFF
    return value


def read(frame):
    magic, length, incompat, _, sequence, system, component = struct.unpack_from("<7B", frame)
    assert magic == 0xFD
    identifier = int.from_bytes(frame[7:10], "little")
    name, extra, form, fields = FORMATS[identifier]
    end = 10 + length
    checked = crc(frame[1:end] + bytes([extra]))
    assert checked == int.from_bytes(frame[end:end + 2], "little"), "check sum"
    stamp = None
    if incompat & 1:
        signed = frame[:end + 9]
        assert hashlib.sha256(KEY + signed).digest()[:6] == frame[end + 9:], "signature"
        stamp = int.from_bytes(frame[end + 3:end + 9], "little")
    else:
        assert len(frame) == end + 2
    payload = frame[10:end].ljust(struct.calcsize(form), b"\0")
    values = dict(zip(fields.split(), struct.unpack(form, payload)))
    return {"name": name, "values": values, "from": [system, component, sequence], "stamp": stamp}


print(json.dumps([read(bytes.fromhex(each)) for each in sys.argv[1:]]))
