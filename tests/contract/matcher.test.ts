import { monotonicNs } from "../../src/core/mod.ts";
import {
  InferenceConfigSchema,
  OnnxRuntime,
  unmeasured,
} from "../../src/navigation/inference/mod.ts";
import {
  FeatureMatcher,
  FeaturesConfigSchema,
  OnnxMatcherConfigSchema,
  SiftExtractor,
  StructuralConfigSchema,
  StructuralMatcher,
  XfeatExtractor,
} from "../../src/navigation/matcher/mod.ts";
import { sharedData } from "../support/paths.ts";
import { matcherSuite } from "./matcher_suite.ts";

matcherSuite(
  "structural",
  (vision, map) => new StructuralMatcher(vision, map, StructuralConfigSchema.parse({})),
  { reversedContrast: true },
);

const features = FeaturesConfigSchema.parse({});
matcherSuite(
  "features",
  (vision, map) => new FeatureMatcher(vision, map, new SiftExtractor(vision, features), features),
  { reversedContrast: false },
);

const XFEAT = sharedData("models/xfeat.onnx");
if (XFEAT === undefined) {
  Deno.test({
    name: "onnx: needs ../shared/data/models/xfeat.onnx",
    ignore: true,
    fn: () => {},
  });
} else {
  const config = OnnxMatcherConfigSchema.parse({});
  matcherSuite("onnx", async (vision, map, resources) => {
    const runtime = new OnnxRuntime({
      config: InferenceConfigSchema.parse({}),
      thermalState: () => unmeasured(monotonicNs(0)),
      onEvent: () => {},
    });
    const extractor = await XfeatExtractor.open({
      runtime: resources.use(runtime),
      model: { path: XFEAT },
      config,
      inputScale: () => 1,
    });
    return new FeatureMatcher(vision, map, resources.use(extractor), config);
  }, { reversedContrast: false });
}
