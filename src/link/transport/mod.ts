/** Lines to a flight controller: UDP, TCP. */
export * from "./contract.ts";
export { LINK_ADDRESS_FORMS, type LinkAddress, parseLinkAddress } from "./address.ts";
export { createLink } from "./create_link.ts";
