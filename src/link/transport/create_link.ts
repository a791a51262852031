/**
 * From an address to its line.
 *
 * @module
 */
import { type Clock, UsageError } from "../../core/mod.ts";
import { parseLinkAddress } from "./address.ts";
import type { ByteLink } from "./contract.ts";
import { type Connector, Line } from "./line.ts";
import { TcpClient, TcpServer } from "./tcp.ts";
import { UdpLine } from "./udp.ts";

/**
 * A line that is not open yet.
 *
 * @throws UsageError where the address is none
 */
export function createLink(address: string, { clock }: { readonly clock: Clock }): ByteLink {
  return new Line(address, connectorOf(address), clock);
}

function connectorOf(text: string): Connector {
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
      throw new UsageError(`Cannot use the address "${text}": serial lines are not supported yet`);
  }
}
