/** Simulated flights as jobs for workers: one flight a job, or a range of seeds. */
export { checkPrograms, flyHandler } from "./fly_job.ts";
export * from "./fly_on_workers.ts";
export { type FlightToFly, type FlownFlightResult, REPLAY_SETTINGS } from "./flight_run.ts";
