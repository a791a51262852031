/**
 * Addresses of lines, as they stand on a command line and in the configuration.
 *
 * @module
 */
import { UsageError } from "../../core/mod.ts";

/**
 * `udp` listens and answers whom it heard last, `udpout` sends first, `tcp` connects, `tcpin` listens for
 * one peer.
 */
export interface NetworkAddress {
  readonly kind: "udp" | "udpout" | "tcp" | "tcpin";
  /** An IP address or a name; on the command line an IPv6 address stands in brackets. */
  readonly host: string;
  readonly port: number;
}

export interface SerialAddress {
  readonly kind: "serial";
  /** Below /dev. */
  readonly path: string;
  readonly baudRate: number;
}

/** Where a line leads. */
type LinkAddress = NetworkAddress | SerialAddress;

export const LINK_ADDRESS_FORMS =
  "udp:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT, tcpin:HOST:PORT or serial:/dev/NAME:BAUD";

const BAUD_RATE_MAX = 4_000_000;
const HOST_PORT = /^(?:\[([\da-f:.]+(?:%[\w.-]+)?)\]|([a-z\d](?:[a-z\d.-]*[a-z\d])?)):(\d{1,5})$/i;
const PATH_BAUD = /^(\/dev\/[\w@.:+-]+(?:\/[\w@.:+-]+)*):(\d{1,7})$/;

/** @throws UsageError that says what is wrong with it */
export function parseLinkAddress(text: string): LinkAddress {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? "" : text.slice(0, colon), rest = text.slice(colon + 1);
  switch (kind) {
    case "udp":
    case "udpout":
    case "tcp":
    case "tcpin":
      return { kind, ...hostAndPort(text, kind, rest) };
    case "serial":
      return { kind, ...pathAndBaudRate(text, rest) };
    default:
      throw wrong(text, `an address is one of ${LINK_ADDRESS_FORMS}`);
  }
}

function hostAndPort(
  text: string,
  kind: string,
  rest: string,
): Pick<NetworkAddress, "host" | "port"> {
  const [, ipv6, host, digits] = HOST_PORT.exec(rest) ?? [];
  if (digits === undefined) throw wrong(text, `the form is ${kind}:HOST:PORT, IPv6 as [::1]`);
  const port = Number(digits);
  if (port < 1 || port > 65535) throw wrong(text, "a port is 1 to 65535");
  return { host: ipv6 ?? host, port };
}

function pathAndBaudRate(
  text: string,
  rest: string,
): Pick<SerialAddress, "path" | "baudRate"> {
  const [, path, digits] = PATH_BAUD.exec(rest) ?? [];
  if (path === undefined || path.split("/").some((part) => part === "." || part === "..")) {
    throw wrong(text, "the form is serial:/dev/NAME:BAUD, as serial:/dev/ttyTHS1:921600");
  }
  const baudRate = Number(digits);
  if (baudRate < 50 || baudRate > BAUD_RATE_MAX) {
    throw wrong(text, `a baud rate is 50 to ${BAUD_RATE_MAX}`);
  }
  return { path, baudRate };
}

function wrong(text: string, problem: string): UsageError {
  return new UsageError(`Cannot use the address ${JSON.stringify(text)}: ${problem}`);
}
