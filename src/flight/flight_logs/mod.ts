/** Logs of flight controllers as events: dataflash of ArduPilot, ULog of PX4, telemetry logs of ground stations. */
export type * from "./contract.ts";
export * from "./open.ts";
