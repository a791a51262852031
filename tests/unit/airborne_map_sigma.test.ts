import { ok, strictEqual } from "node:assert";
import { monotonicNs } from "../../src/core/mod.ts";
import { composeEstimator } from "../../src/airborne/compose_estimator.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { encodeManifest, PACKAGE_PATHS } from "../../src/flight/flight_package/mod.ts";
import { writePackage } from "./flight_package_fixture.ts";

/** Radius of the estimate after a fix that errs by centimetres, on a map that is stated to lie that well. */
async function radiusM(mapRegistrationSigmaM: number): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const manifest = await writePackage(folder);
    await Deno.writeFile(
      `${folder}/${PACKAGE_PATHS.manifest}`,
      encodeManifest({ ...manifest, mapRegistrationSigmaM }),
    );
    const { estimator } = await composeEstimator({
      config: AirborneConfigSchema.parse({}),
      packagePath: folder,
      origin: { latitudeDeg: 30.5, longitudeDeg: -97.5, heightM: 150 },
      packageSha256: null,
      flightUntil: new Date("2021-07-01T00:00:00Z"),
      onEvent: () => {},
    });
    const timeNs = monotonicNs(1e9);
    estimator.setTakeoffOrigin({ positionLocalM: [0, 0, 100] }, 50, 3);
    const level = [1, 0, 0, 0] as const;
    estimator.addAttitude({
      timeNs,
      localFromBody: level,
      sigmaTiltRad: 0.01,
      sigmaHeadingRad: 0.02,
    });
    for (const ns of [1e9, 1.01e9]) {
      estimator.addImu({
        timeNs: monotonicNs(ns),
        specificForceMps2: [0, 0, 9.80665],
        angularRateRps: [0, 0, 0],
      });
    }
    const covariance = new Float64Array(36);
    for (let i = 0; i < 6; i++) covariance[7 * i] = i < 3 ? 1e-4 : 1e-8;
    estimator.addPoseAnchor({
      timeNs,
      positionLocalM: [0, 0, 100],
      localFromBody: level,
      covariance,
    });
    return estimator.currentEstimate().horizontal95M;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("no map is taken to lie better than season and light let it be seen", async () => {
  const [asPromised, promisedTooMuch, poor] = await Promise.all([1, 0.05, 3].map(radiusM));
  strictEqual(promisedTooMuch, asPromised);
  ok(promisedTooMuch > 2.4, `${promisedTooMuch}`);
  ok(poor > 2 * asPromised, `${poor}`);
});
