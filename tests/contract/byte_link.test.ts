import { SystemClock } from "../../src/core/mod.ts";
import { createLink, createPseudoTerminal } from "../../src/link/transport/mod.ts";
import { openDevice } from "../../src/native/device/mod.ts";
import {
  type LinePeer,
  pseudoTerminalPeer,
  serialPeer,
  tcpPeer,
  udpPeer,
} from "../support/line_peers.ts";
import { byteLinkSuite } from "./byte_link_suite.ts";

// Native libraries stay mapped until the process ends.
const device = openDevice();
const clock = new SystemClock();

function linkSuite(name: string, makePeer: () => Promise<LinePeer>): void {
  byteLinkSuite(name, async () => {
    const peer = await makePeer();
    return { peer, link: createLink(peer.address, { clock, openDevice }) };
  });
}

linkSuite("udp", () => udpPeer("udp"));
linkSuite("udpout", () => udpPeer("udpout"));
linkSuite("tcp", () => tcpPeer("tcp"));
linkSuite("tcpin", () => tcpPeer("tcpin"));
linkSuite("serial", () => serialPeer(device));

byteLinkSuite("pseudo-terminal", () => {
  const link = createPseudoTerminal({ clock, openDevice });
  return Promise.resolve({ link, peer: pseudoTerminalPeer(device, link.address.split(":")[1]) });
});
