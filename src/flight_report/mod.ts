/** One self-contained HTML page about a flight. Operator, tasks and tests only: it needs sharp. */
export * from "./contract.ts";
export { type MosaicOptions, tileMosaic } from "./mosaic.ts";
export { type ReportedFlight, type ReportedFrame, reportOf } from "./from_flight.ts";
export { reportPage } from "./page.ts";
