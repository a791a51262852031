/**
 * From an address to its line.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { DeviceLibrary } from "../../native/device/mod.ts";
import { parseLinkAddress } from "./address.ts";
import type { ByteLink } from "./contract.ts";
import { type Connector, Line } from "./line.ts";
import { PseudoTerminalConnector, SerialConnector } from "./serial.ts";
import { TcpClient, TcpServer } from "./tcp.ts";
import { UdpLine } from "./udp.ts";

export interface LinkParts {
  readonly clock: Clock;
  /** Asked for serial lines alone; the line closes it. */
  readonly openDevice: () => DeviceLibrary;
}

/**
 * A line that is not open yet.
 *
 * @throws UsageError where the address is none
 */
export function createLink(address: string, parts: LinkParts): ByteLink {
  return new Line(address, connectorOf(address, parts), parts.clock);
}

/**
 * A line whose other end is a new serial line of this machine, for whoever simulates a controller: its
 * address is `serial:/dev/pts/…:921600`, as the other side names it.
 *
 * @throws NativeError where the system has none to give
 */
export function createPseudoTerminal({ clock, openDevice }: LinkParts): ByteLink {
  const connector = new PseudoTerminalConnector(openDevice());
  return new Line(`serial:${connector.path}:921600`, connector, clock);
}

function connectorOf(text: string, { openDevice }: LinkParts): Connector {
  const address = parseLinkAddress(text);
  switch (address.kind) {
    case "udp":
      return new UdpLine(address, { sendsFirst: false });
    case "udpout":
      return new UdpLine(address, { sendsFirst: true });
    case "tcp":
      return new TcpClient(address);
    case "tcpin":
      return new TcpServer(address);
    case "serial":
      return new SerialConnector(openDevice(), address);
  }
}
