import assert from "node:assert/strict";
import { createLogger } from "../../src/core/mod.ts";
import type {
  FlightState,
  FlightStateSource,
} from "../../src/tiles/workstation/tile_manager/contract.ts";
import { FlightStateNotOnGroundError } from "../../src/tiles/workstation/tile_manager/errors.ts";
import { FlightStateGate } from "../../src/tiles/workstation/tile_manager/flight_state/gate.ts";
import {
  CombinedSource,
  RecorderFooterSource,
} from "../../src/tiles/workstation/tile_manager/flight_state/sources.ts";

const says = (state: FlightState, name = "link"): FlightStateSource => ({
  name,
  flightState: () => ({ state, source: name, observedAt: null }),
});
const broken: FlightStateSource = {
  name: "link",
  flightState: () => {
    throw new Error("no heartbeat");
  },
};

function gateOn(source: FlightStateSource) {
  const lines: { level: string; kind: string }[] = [];
  const logger = createLogger({
    component: "tile_manager",
    now: () => new Date(0),
    sink: (line) => lines.push(JSON.parse(line)),
  });
  return { gate: new FlightStateGate({ source, logger }), lines };
}

Deno.test("confirmOnGround() passes on the ground, reads the source once and logs it", () => {
  let asked = 0;
  const { gate, lines } = gateOn({
    name: "link",
    flightState: () => {
      asked++;
      return { state: "ON_GROUND", source: "link", observedAt: null };
    },
  });
  assert.equal(gate.confirmOnGround().state, "ON_GROUND");
  assert.equal(asked, 1);
  assert.deepEqual(lines.map(({ level, kind }) => [level, kind]), [["info", "c11.gate.pass"]]);
});

Deno.test("confirmOnGround() refuses every other state with what was observed", () => {
  for (const state of ["UNKNOWN", "IN_FLIGHT", "TAKING_OFF", "LANDING"] as const) {
    const { gate, lines } = gateOn(says(state));
    assert.throws(() => gate.confirmOnGround(), (error) => {
      assert(error instanceof FlightStateNotOnGroundError);
      assert.equal(error.observed, state);
      assert.equal(error.exitCode, 77);
      return true;
    });
    assert.deepEqual(lines.map(({ level }) => level), ["error"]);
  }
});

Deno.test("confirmOnGround() treats a source that throws as UNKNOWN, with its error as cause", () => {
  assert.throws(() => gateOn(broken).gate.confirmOnGround(), (error) => {
    assert(error instanceof FlightStateNotOnGroundError);
    assert.equal(error.observed, "UNKNOWN");
    assert.match(String(error.cause), /no heartbeat/);
    return true;
  });
});

Deno.test("only a clean footer counts as landed", () => {
  const of = (footer: { cleanShutdown: boolean } | null) =>
    new RecorderFooterSource(
      footer === null ? { footer, closedAt: null } : { footer, closedAt: new Date(0) },
    ).flightState().state;
  assert.equal(of({ cleanShutdown: true }), "ON_GROUND");
  assert.equal(of({ cleanShutdown: false }), "UNKNOWN");
  assert.equal(of(null), "UNKNOWN");
});

Deno.test("CombinedSource is fail-closed where sources disagree or do not know", () => {
  const table: [FlightStateSource[], FlightState][] = [
    [[says("ON_GROUND"), says("ON_GROUND")], "ON_GROUND"],
    [[says("ON_GROUND"), says("UNKNOWN")], "ON_GROUND"],
    [[broken, says("ON_GROUND")], "ON_GROUND"],
    [[says("ON_GROUND"), says("IN_FLIGHT")], "IN_FLIGHT"],
    [[says("LANDING"), says("ON_GROUND")], "LANDING"],
    [[says("UNKNOWN"), says("UNKNOWN")], "UNKNOWN"],
    [[says("UNKNOWN"), broken], "UNKNOWN"],
  ];
  for (const [sources, expected] of table) {
    assert.equal(new CombinedSource(sources).flightState().state, expected);
  }
  assert.throws(() => new CombinedSource([broken, broken]).flightState(), /no heartbeat/);
});
