import { LocalFrame } from "../../src/core/mod.ts";
import { Eskf } from "../../src/navigation/state_estimator/mod.ts";
import { stateEstimatorSuite } from "./state_estimator_suite.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

stateEstimatorSuite("eskf", () => new Eskf({ localFrame: frame }));
