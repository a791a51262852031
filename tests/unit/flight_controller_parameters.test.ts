import assert from "node:assert/strict";
import { Parameters } from "../../src/flight/flight_controller/mavlink/parameters.ts";
import { MAV_PARAM_TYPE } from "../../src/link/mavlink/mod.ts";

/** The bits of an integer as a float, as PX4 sends it. */
function told(paramId: string, value: number) {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setInt32(0, value);
  return {
    name: "PARAM_VALUE",
    paramId,
    paramType: MAV_PARAM_TYPE.INT32,
    paramValue: bits.getFloat32(0),
    paramInt32: value,
    paramCount: 1,
    paramIndex: 0,
  } as const;
}

Deno.test("Parameters reads what came before it was known how integers travel", () => {
  const parameters = new Parameters();
  parameters.read("EKF2_AGP0_ID", "EKF2_AGP0_CTRL");
  parameters.observe(told("EKF2_AGP0_ID", 1));
  parameters.observe(told("EKF2_AGP0_CTRL", -1));
  parameters.bytewise = true;
  assert.equal(parameters.get("EKF2_AGP0_ID"), 1);
  assert.equal(parameters.get("EKF2_AGP0_CTRL"), -1);
});
