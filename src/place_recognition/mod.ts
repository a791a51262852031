/** C2 place recognition: which places of the map look like this picture? */
export * from "./vlad.ts";
export * from "./vlad_training.ts";
export * from "./vlad_vocabulary.ts";
