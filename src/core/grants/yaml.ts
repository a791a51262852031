/**
 * The reader of YAML, in a module of its own so that it can be loaded when it is needed. A dynamic import of
 * the package itself has no names once it is bundled (CommonJS): `parse` would be undefined there.
 *
 * @module
 */
export { parse } from "yaml";
