/**
 * A flight of sensor samples alone, with the real flight loop, supervision and library, which hangs at its
 * hundredth sample.
 *
 * usage: hanging_flight.ts busy|waiting
 *
 * @module
 */
import { runFlight } from "../../src/airborne/flight_loop.ts";
import { FlightOutputs } from "../../src/airborne/flight_output.ts";
import { FlightSupervision } from "../../src/airborne/supervision.ts";
import { controllerNs, LocalFrame, monotonicNs, SystemClock } from "../../src/core/mod.ts";
import type { FlightEvent, FrameEvent } from "../../src/flight/flight_events/mod.ts";
import { openDevice, ServiceManager } from "../../src/native/device/mod.ts";

const [how] = Deno.args;
const HANGS_AT = 100;
const PERIOD_MS = 10;

async function* events(): AsyncGenerator<FlightEvent> {
  for (let i = 0;; i++) {
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    const receivedNs = monotonicNs(i * PERIOD_MS * 1e6);
    if (i < HANGS_AT) {
      yield { kind: "baro", receivedNs, controllerNs: controllerNs(receivedNs), heightM: 100 };
    } else {
      // Nobody looks at it.
      yield { kind: "frame", receivedNs, frame: {} as FrameEvent["frame"] };
    }
  }
}

function hang(): Promise<null> {
  console.log("hangs");
  // deno-lint-ignore no-empty
  while (how === "busy") {}
  return new Promise(() => {});
}

using device = openDevice();
using manager = ServiceManager.open(device);
const clock = new SystemClock();
using supervision = new FlightSupervision({ manager, clock });
supervision.ready();
await runFlight({
  sources: [events],
  sensors: { feed: () => {} },
  estimator: { health: () => ({ state: "active" }) },
  estimatorEvents: [],
  companion: { poll: () => {}, takeEvents: () => [] },
  navigator: { processFrame: hang },
  localFrame: new LocalFrame({ latitudeDeg: 50, longitudeDeg: 30, heightM: 0 }),
  outputs: new FlightOutputs([], (_, error) => console.error(error)),
  watch: supervision,
  clock,
  signal: new AbortController().signal,
  strict: false,
});
