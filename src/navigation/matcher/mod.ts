/** C3: finds the ground of a frame on the map. */
export * from "./contract.ts";
export * from "./config.ts";
export { frameView } from "./frame_view.ts";
export { greyInput } from "./grey_input.ts";
export { halfRange, viewReachM } from "./search_range.ts";
export { ReliefMatcher } from "./relief_matcher.ts";
export { StructuralMatcher } from "./structural.ts";
export { turnClockwise } from "./turn.ts";
export { FeatureMatcher } from "./feature_matcher.ts";
export { SiftExtractor } from "./sift_extractor.ts";
export { XfeatExtractor } from "./xfeat_extractor.ts";
