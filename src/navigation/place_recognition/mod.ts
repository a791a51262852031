/** C2 place recognition: which places of the map look like this picture? */
export * from "./vlad.ts";
export * from "./vlad_training.ts";
export * from "./vlad_vocabulary.ts";
export * from "./contract.ts";
export { type PlaceRecognitionConfig, PlaceRecognitionConfigSchema } from "./config.ts";
export { type BestPlace, PlaceEvidence, type PlaceScores } from "./place_evidence.ts";
export { ExhaustiveSearch } from "./exhaustive.ts";
export { AdaptiveRecogniser } from "./recogniser.ts";
export { ReliefRecogniser } from "./relief_recogniser.ts";
export { type KnownPlace, VladSearch } from "./vlad_search.ts";
export { ModelDescriber } from "./model_describer.ts";
export { DenseDescriber, type PatchDescriber } from "./patch_describer.ts";
export { decodePlaceModel, encodePlaceModel } from "./place_model.ts";
