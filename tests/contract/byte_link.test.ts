import { tcpPeer, udpPeer } from "../support/line_peers.ts";
import { byteLinkSuite } from "./byte_link_suite.ts";

byteLinkSuite("udp", () => udpPeer("udp"));
byteLinkSuite("udpout", () => udpPeer("udpout"));
byteLinkSuite("tcp", () => tcpPeer("tcp"));
byteLinkSuite("tcpin", () => tcpPeer("tcpin"));
