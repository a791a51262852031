/** Bindings of ffi/faiss: approximate nearest neighbours by inner product. */
export { type FaissLibrary, openFaiss } from "./library.ts";
export { type HnswHits, HnswIndex, type HnswInfo, type HnswShape } from "./hnsw_index.ts";
export {
  type PrincipalAxes,
  projectOntoAxes,
  type TrainedAxes,
  trainPrincipalAxes,
} from "./principal_axes.ts";
