/** Work on several machines: runs, their jobs, and the workers that do them, over pg-boss in PostgreSQL. */
export * from "./hand_in.ts";
export { programIdentity } from "./identity.ts";
export {
  DOCUMENT_BYTES_MAX,
  httpInputs,
  InputFolder,
  type InputSource,
  sharedFolder,
  TOKEN_VARIABLE,
  workersToken,
} from "./inputs.ts";
export { cancelJobs, type JobState, type JobView, listJobs, retryJobs, showJob } from "./jobs.ts";
export * from "./payload.ts";
export { serveInputs } from "./serve_inputs.ts";
export { type JobHandler, work } from "./worker.ts";
export { WorkQueue } from "./work_queue.ts";
