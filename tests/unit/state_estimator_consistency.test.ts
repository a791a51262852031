/** Monte Carlo: what the filter claims against what it does, over short seeded flights. */
import assert from "node:assert/strict";
import {
  LocalFrame,
  quaternionFromRotationVector,
  quaternionMultiply,
  seededRandom,
  type Vector3,
} from "../../src/core/mod.ts";
import {
  Eskf,
  type EskfConfig,
  EskfConfigSchema,
  type StateEstimate,
} from "../../src/navigation/state_estimator/mod.ts";
import {
  feed,
  makeScenario,
  type Message,
  type Scenario,
  type ScenarioOptions,
} from "./state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });

/** The noise of the scenario itself: then the claims have to be right, not just cautious. */
const MATCHED = EskfConfigSchema.parse({
  imu: {
    accelerometerDensity: 0.01,
    gyroscopeDensity: 5e-4,
    accelerometerBiasSigmaMps2: 0.1,
    gyroscopeBiasSigmaRps: 0.002,
    accelerometerBiasWalk: 1e-5,
    gyroscopeBiasWalk: 1e-7,
  },
  odometry: {
    translationFloorM: 1e-3,
    translationFloorShare: 1e-5,
    rotationFloorRad: 1e-5,
    scaleTimeS: 1e5,
  },
  anchor: {
    positionFloorM: 1e-3,
    heightFloorM: 1e-3,
    rotationFloorRad: 1e-5,
    mapConstantSigmaM: 0.5,
  },
  baro: { whiteSigmaM: 0.3 },
});

interface Epoch {
  readonly seconds: number;
  readonly errorM: number;
  readonly horizontal95M: number;
  readonly nees: number;
}

function nees(estimate: StateEstimate, position: Vector3): number {
  const x = estimate.positionLocalM[0] - position[0], y = estimate.positionLocalM[1] - position[1];
  const c = estimate.covariance;
  return (c[7] * x * x - 2 * c[1] * x * y + c[0] * y * y) / (c[0] * c[7] - c[1] ** 2);
}

/** One estimate a second, from the newest IMU sample. */
function fly(
  options: ScenarioOptions,
  config?: EskfConfig,
  changed: (message: Message) => Message = (message) => message,
): { scenario: Scenario; epochs: Epoch[]; outliersFused: number; estimator: Eskf } {
  const scenario = makeScenario(options), random = seededRandom(`origin ${options.seed}`);
  const estimator = new Eskf({ localFrame: frame, config });
  const start = scenario.truths[0].position;
  estimator.setTakeoffOrigin(
    {
      positionLocalM: [
        start[0] + 10 * random.normal(),
        start[1] + 10 * random.normal(),
        start[2] + 10 * random.normal(),
      ],
    },
    10,
    10,
  );
  const epochs: Epoch[] = [];
  let nextNs = 4e9, outliersFused = 0;
  for (const message of scenario.messages) {
    const outcome = feed(estimator, changed(message));
    if (message.kind === "anchor" && message.outlier && outcome?.fused) outliersFused++;
    if (message.kind !== "imu" || message.arrivalNs < nextNs) continue;
    nextNs += 1e9;
    const estimate = estimator.currentEstimate();
    const truth = scenario.truthAt(estimate.timeNs).position;
    epochs.push({
      seconds: (estimate.timeNs - 1e9) / 1e9,
      errorM: Math.hypot(
        estimate.positionLocalM[0] - truth[0],
        estimate.positionLocalM[1] - truth[1],
      ),
      horizontal95M: estimate.horizontal95M,
      nees: nees(estimate, truth),
    });
  }
  return { scenario, epochs, outliersFused, estimator };
}

const FLIGHT = {
  durationS: 100,
  imuHz: 100,
  blackouts: [[30, 90]],
  outliers: [10, 20, 95],
  latencyS: 0.3,
} as const;

function campaign(flights: number, config?: EskfConfig) {
  const all: Epoch[] = [], driftM: number[] = [];
  for (let seed = 0; seed < flights; seed++) {
    const { epochs, outliersFused } = fly({ ...FLIGHT, seed }, config);
    assert.equal(outliersFused, 0, `seed ${seed}: an outlier of 350 m was fused`);
    all.push(...epochs);
    driftM.push(epochs.find((epoch) => Math.round(epoch.seconds) === 89)?.errorM ?? NaN);
  }
  const inside = all.filter((epoch) => epoch.nees < 5.991).length / all.length;
  const mean = all.reduce((sum, epoch) => sum + epoch.nees, 0) / all.length;
  driftM.sort((a, b) => a - b);
  const worstM = Math.max(...all.map((epoch) => epoch.errorM));
  console.log(
    `${flights} flights: inside 95 % ${inside.toFixed(3)}, NEES ${mean.toFixed(2)} (2 expected), ` +
      `after 60 s without fixes p50 ${driftM[flights >> 1].toFixed(1)} m, ` +
      `max ${driftM[flights - 1].toFixed(1)} m (1020 m flown), worst error ${worstM.toFixed(1)} m`,
  );
  return { inside, mean, worstM, driftMaxM: driftM[flights - 1] };
}

Deno.test("Eskf is consistent over 40 flights when its noise is that of the sensors", () => {
  const { inside, mean, driftMaxM } = campaign(40, MATCHED);
  assert.ok(inside >= 0.9 && inside <= 0.99, `inside ${inside}`);
  assert.ok(mean > 1.4 && mean < 2.6, `NEES ${mean}`);
  assert.ok(driftMaxM < 30);
});

Deno.test("Eskf is cautious, never over-confident, over 20 flights with its defaults", () => {
  const { inside, mean, worstM } = campaign(20);
  assert.ok(inside >= 0.95, `inside ${inside}`);
  assert.ok(mean < 2, `NEES ${mean}`);
  assert.ok(worstM < 40, `worst ${worstM}`);
});

Deno.test("Eskf finds its place with the first fix when it knows no origin", () => {
  for (let seed = 0; seed < 5; seed++) {
    const scenario = makeScenario({ seed, durationS: 20 });
    const shift: Vector3 = [3000, -2000, 0];
    const estimator = new Eskf({ localFrame: frame });
    for (const message of scenario.messages) {
      if (message.kind === "anchor" && message.value.timeNs < 8e9) continue;
      feed(
        estimator,
        message.kind !== "anchor" ? message : {
          ...message,
          value: {
            ...message.value,
            positionLocalM: [
              message.value.positionLocalM[0] + shift[0],
              message.value.positionLocalM[1] + shift[1],
              message.value.positionLocalM[2],
            ],
          },
        },
      );
    }
    const estimate = estimator.currentEstimate();
    const truth = scenario.truthAt(estimate.timeNs).position;
    const away: Vector3 = [truth[0] + shift[0], truth[1] + shift[1], truth[2]];
    assert.ok(nees(estimate, away) < 16, `seed ${seed}: NEES ${nees(estimate, away)}`);
    assert.ok(estimate.horizontal95M < 8, `seed ${seed}: ${estimate.horizontal95M} m`);
    assert.equal(estimate.label, "satellite_anchored");
  }
});

Deno.test("Eskf is found again when it was sent 400 m astray and fixes agree against it", () => {
  const scenario = makeScenario({ seed: 3, durationS: 40 });
  const estimator = new Eskf({ localFrame: frame });
  const start = scenario.truths[0].position;
  // Wrong by forty sigma: the gate refuses every fix, and they all agree.
  estimator.setTakeoffOrigin({ positionLocalM: [start[0] + 400, start[1], start[2]] }, 10, 10);
  const remarks: string[] = [];
  for (const message of scenario.messages) {
    const outcome = feed(estimator, message);
    if (message.kind === "anchor" && outcome?.fused && outcome.reason) remarks.push(outcome.reason);
  }
  const estimate = estimator.currentEstimate();
  const truth = scenario.truthAt(estimate.timeNs).position;
  assert.deepEqual(remarks, ["re-initialised on consistent fixes"]);
  assert.ok(nees(estimate, truth) < 16);
  assert.ok(estimate.horizontal95M < 8);
});

Deno.test("Eskf's covariance grows monotonically when nothing aids it", () => {
  const scenario = makeScenario({ seed: 4, durationS: 60, imuHz: 100 });
  const estimator = new Eskf({ localFrame: frame });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  let axisM = 0, next = 22e9;
  for (const message of scenario.messages) {
    if (message.kind !== "imu" && message.arrivalNs > 20e9) continue;
    feed(estimator, message);
    if (message.kind !== "imu" || message.arrivalNs < next) continue;
    next += 1e9;
    const estimate = estimator.currentEstimate();
    assert.ok(estimate.horizontal95M > axisM, `${estimate.timeNs} ns`);
    axisM = estimate.horizontal95M;
    assert.ok(estimate.anchorAgeS > 1);
  }
  assert.equal(estimator.currentEstimate().label, "dead_reckoned");
});

/** Odometry that takes a tilt for a turn: so much for each height that is flown. */
function turnedBy(perHeightRad: number) {
  return (message: Message): Message => {
    if (message.kind !== "vio") return message;
    const { rotationFromTo, translationM, scaleHeightM } = message.value;
    const turnRad = perHeightRad * Math.hypot(...translationM) / scaleHeightM;
    const turned = quaternionMultiply(
      rotationFromTo,
      quaternionFromRotationVector([0, 0, turnRad]),
    );
    return { ...message, value: { ...message.value, rotationFromTo: turned } };
  };
}

Deno.test("Eskf does not average a turn away that odometry makes of a tilt", () => {
  const epochs = [0, 1, 2, 3].flatMap((seed) => {
    const perHeightRad = seed % 2 === 0 ? 0.012 : -0.012;
    return fly({ ...FLIGHT, outliers: [], seed }, undefined, turnedBy(perHeightRad)).epochs;
  });
  const worst = epochs.reduce((a, b) => b.errorM > a.errorM ? b : a);
  const inside = epochs.filter((epoch) => epoch.nees < 5.991).length / epochs.length;
  const text = `worst ${worst.errorM.toFixed(1)} m (${worst.horizontal95M.toFixed(1)}), ${inside}`;
  console.log(text);
  assert.ok(inside > 0.9, text);
});
