/** Bindings of ffi/faiss: approximate nearest neighbours by inner product. */
export { type FaissLibrary, openFaiss } from "./library.ts";
export { HnswIndex } from "./hnsw_index.ts";
export { type PrincipalAxes, projectOntoAxes, trainPrincipalAxes } from "./principal_axes.ts";
