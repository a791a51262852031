/** Budget: an IMU sample in 10 µs, a fix that is 300 ms late in 2 ms. */
import { LocalFrame } from "../../src/core/mod.ts";
import { Eskf } from "../../src/navigation/state_estimator/mod.ts";
import { feed, makeScenario, type Message } from "../unit/state_estimator_scenario.ts";

const frame = new LocalFrame({ latitudeDeg: 48, longitudeDeg: 37, heightM: 0 });
const scenario = makeScenario({ seed: 1, durationS: 120, latencyS: 0.3 });

/** Benches the messages of one kind inside of a whole flight. */
function bench(name: string, kind: Message["kind"]): void {
  Deno.bench(name, { n: 200, warmup: 20 }, (b) => {
    const estimator = flight.estimator;
    for (;;) {
      const message = scenario.messages[flight.at++ % scenario.messages.length];
      if (flight.at % scenario.messages.length === 0) Object.assign(flight, start());
      if (message.kind !== kind || flight.at < 5000) {
        feed(estimator, message);
        continue;
      }
      b.start();
      feed(estimator, message);
      b.end();
      return;
    }
  });
}

function start() {
  const estimator = new Eskf({ localFrame: frame });
  estimator.setTakeoffOrigin({ positionLocalM: scenario.truths[0].position });
  return { estimator, at: 0 };
}
const flight = start();

bench("Eskf.addImu()", "imu");
bench("Eskf.addVio() 75 ms late", "vio");
bench("Eskf.addPoseAnchor() 300 ms late", "anchor");
