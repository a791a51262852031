/** Logs of flight controllers as events: dataflash of ArduPilot, ULog of PX4. */
export type * from "./contract.ts";
export * from "./open.ts";
