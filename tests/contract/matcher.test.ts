import { StructuralConfigSchema, StructuralMatcher } from "../../src/navigation/matcher/mod.ts";
import { matcherSuite } from "./matcher_suite.ts";

matcherSuite(
  "structural",
  (vision, map) => new StructuralMatcher(vision, map, StructuralConfigSchema.parse({})),
);
