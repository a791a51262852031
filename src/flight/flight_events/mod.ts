/** Data that the companion computer receives in flight, from whatever source. */
export * from "./events.ts";
