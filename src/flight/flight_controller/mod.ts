/** C8: what speaks with the flight controller. */
export * from "./contract.ts";
