/** Lines to a flight controller: serial, UDP, TCP. */
export * from "./contract.ts";
export { LINK_ADDRESS_FORMS, parseLinkAddress } from "./address.ts";
export { createLink, createPseudoTerminal, type LinkParts } from "./create_link.ts";
export { type Connector, Line, type LineSide } from "./line.ts";
