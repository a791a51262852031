/** The strategy `inav` of the flight controller: MSP v2. */
export { InavAdapter, type InavOptions } from "./adapter.ts";
