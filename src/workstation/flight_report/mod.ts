/** One self-contained HTML page about a flight. Operator, tasks and tests only: it needs sharp. */
export * from "./contract.ts";
export { type ReportedFrame, reportOf } from "./from_flight.ts";
export { readForReport, RecordReport } from "./from_record.ts";
export type { ReportLabel } from "./labels.ts";
export { mapBounds, mapFrame, SIDE_PX_MAX } from "./map_frame.ts";
export { tileMosaic } from "./mosaic.ts";
export { reportPage } from "./page.ts";
