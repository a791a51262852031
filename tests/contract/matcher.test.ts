import { monotonicNs } from "../../src/core/mod.ts";
import { OnnxRuntime, type ThermalState } from "../../src/navigation/inference/mod.ts";
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
const COOL: ThermalState = {
  throttled: false,
  telemetryAvailable: false,
  source: "none",
  temperatureC: null,
  measuredNs: monotonicNs(0),
};
if (XFEAT === undefined) {
  Deno.test({
    name: "onnx: needs ../shared/data/models/xfeat.onnx",
    ignore: true,
    fn: () => {},
  });
} else {
  const config = OnnxMatcherConfigSchema.parse({ modelPath: XFEAT });
  matcherSuite("onnx", async (vision, map, resources) => {
    const runtime = new OnnxRuntime({ intraOpThreads: 1, thermalState: () => COOL });
    const extractor = await XfeatExtractor.open(resources.use(runtime), XFEAT, config);
    return new FeatureMatcher(vision, map, resources.use(extractor), config);
  }, { reversedContrast: false });
}
