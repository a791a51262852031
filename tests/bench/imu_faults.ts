/**
 * Faults of the IMU against the estimator alone, for 0.1 s, 0.5 s, 2 s and for good: what the estimate made of
 * it. No pictures: fixes and odometry have the errors that were measured on them.
 *
 * usage: deno run -A tests/bench/imu_faults.ts [--json] [--seed TEXT] [--only part of a fault's name]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { flyFaultyImu, IMU_FAULTS, type ImuFaultName } from "../support/imu_fault_flight.ts";

const FROM_S = 30;
const DURATION_S = 80;

const { values: given } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});

const columns = ["fault", "for s", "aircraft", "worst m", "r95 then m", "wrong s", "right after s"];
if (!given.json) console.log([...columns, "at the end"].join(" | "));
for (const fault of Object.keys(IMU_FAULTS) as ImuFaultName[]) {
  if (!fault.includes(given.only)) continue;
  for (const forS of fault === "none" ? [0] : [0.1, 0.5, 2, DURATION_S]) {
    for (const aircraft of ["fixed_wing", "multirotor"] as const) row(fault, forS, aircraft);
  }
}

function row(fault: ImuFaultName, forS: number, aircraft: "fixed_wing" | "multirotor"): void {
  const { seed } = given;
  const flight = flyFaultyImu({
    seed,
    aircraft,
    durationS: DURATION_S,
    fault,
    fromS: FROM_S,
    forS,
  });
  const { worstM, worst95M, confidentlyWrongS, rightAfterS, label, imuReason } = flight;
  if (given.json) {
    const { events, ...figures } = flight;
    console.log(
      JSON.stringify({ fault, forS, aircraft, seed, ...figures, events: events.length }),
    );
    return;
  }
  const figures = [worstM, worst95M, confidentlyWrongS, rightAfterS].map((v) => v.toFixed(1));
  const end = imuReason === "" ? label : `${label}, IMU left out: ${imuReason}`;
  console.log([fault, forS, aircraft, ...figures, end].join(" | "));
}
