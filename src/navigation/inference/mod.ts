/** C7: inference of neural models. */
export * from "./engine_name.ts";
