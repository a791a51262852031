import { StructuralConfigSchema, StructuralMatcher } from "../../src/matcher/mod.ts";
import { matcherSuite } from "./matcher_suite.ts";

matcherSuite(
  "structural",
  (vision, map) => new StructuralMatcher(vision, map, StructuralConfigSchema.parse({})),
);
