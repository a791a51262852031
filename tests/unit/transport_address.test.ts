import assert from "node:assert/strict";
import { UsageError } from "../../src/core/mod.ts";
import { parseLinkAddress } from "../../src/link/transport/mod.ts";

Deno.test("parseLinkAddress() reads every kind", () => {
  const read: readonly [string, ReturnType<typeof parseLinkAddress>][] = [
    ["udp:0.0.0.0:14550", { kind: "udp", host: "0.0.0.0", port: 14550 }],
    ["udpout:192.168.1.7:14551", { kind: "udpout", host: "192.168.1.7", port: 14551 }],
    ["tcp:localhost:5760", { kind: "tcp", host: "localhost", port: 5760 }],
    ["tcp:sitl-1.example:65535", { kind: "tcp", host: "sitl-1.example", port: 65535 }],
    ["tcpin:[::1]:1", { kind: "tcpin", host: "::1", port: 1 }],
    ["tcp:[fe80::1%eth0]:5760", { kind: "tcp", host: "fe80::1%eth0", port: 5760 }],
    ["serial:/dev/ttyTHS1:921600", {
      kind: "serial",
      path: "/dev/ttyTHS1",
      baudRate: 921600,
    }],
    ["serial:/dev/serial/by-id/usb-Hex_ProfiCNC_CubeOrange-if00:115200", {
      kind: "serial",
      path: "/dev/serial/by-id/usb-Hex_ProfiCNC_CubeOrange-if00",
      baudRate: 115200,
    }],
    // A USB port's path holds colons.
    ["serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:3:1.0:57600", {
      kind: "serial",
      path: "/dev/serial/by-path/pci-0000:00:14.0-usb-0:3:1.0",
      baudRate: 57600,
    }],
  ];
  for (const [text, expected] of read) assert.deepEqual(parseLinkAddress(text), expected, text);
});

Deno.test("parseLinkAddress() says what is wrong", () => {
  const wrong: readonly [string, RegExp][] = [
    ["", /one of udp:HOST:PORT/],
    ["ttyTHS1", /one of udp:HOST:PORT/],
    ["TCP:localhost:5760", /one of udp:HOST:PORT/],
    ["http://localhost:5760", /one of udp:HOST:PORT/],
    ["tcp:localhost", /the form is tcp:HOST:PORT/],
    ["tcp::5760", /the form is tcp:HOST:PORT/],
    ["tcp:*:5760", /the form is tcp:HOST:PORT/],
    ["udp:::1:5760", /IPv6 as \[::1\]/],
    ["udp:0.0.0.0:0", /a port is 1 to 65535/],
    ["udp:0.0.0.0:65536", /a port is 1 to 65535/],
    ["udp:0.0.0.0:14550 ", /the form is/],
    ["serial:/dev/ttyTHS1", /serial:\/dev\/NAME:BAUD/],
    ["serial:ttyTHS1:57600", /serial:\/dev\/NAME:BAUD/],
    ["serial:/dev/../etc/passwd:57600", /serial:\/dev\/NAME:BAUD/],
    ["serial:/dev/ttyS0:0", /a baud rate is 50 to/],
    ["serial:/dev/ttyS0:9999999", /a baud rate is 50 to/],
    ["pty:", /one of udp:HOST:PORT/],
  ];
  for (const [text, reason] of wrong) {
    assert.throws(
      () => parseLinkAddress(text),
      (error) => error instanceof UsageError && reason.test(error.message),
      text,
    );
  }
});
