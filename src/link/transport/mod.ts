/** Lines to a flight controller: serial, UDP, TCP. */
export * from "./contract.ts";
