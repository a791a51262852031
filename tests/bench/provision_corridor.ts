/**
 * Provisioning of a corridor of 20 km × 2 km at the 128 m side, about 22,000 places, over tiles of a package that
 * is there (drawn again and again): seconds, processor time and memory.
 *
 *     deno run -A tests/bench/provision_corridor.ts PACKAGE [KILOMETRES]
 *
 * @module
 */
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { openCorridor } from "../support/corridor.ts";

const [packagePath, kilometres = "20"] = Deno.args;
using vision = openVision();
using faiss = openFaiss();
const folder = await Deno.makeTempDir({ prefix: "gdn-corridor-" });
const corridor = await openCorridor({
  packagePath,
  kilometres: Number(kilometres),
  folder,
  vision,
  faiss,
});
const beganMs = performance.now();
let label = "", labelMs = beganMs, rssMax = 0;
const stage = (next: string) => {
  const nowMs = performance.now();
  if (label !== "") {
    const { rss } = Deno.memoryUsage();
    console.log(
      `${label}: ${((nowMs - labelMs) / 1000).toFixed(1)} s, ${(rss / 1e6).toFixed(0)} MB`,
    );
  }
  label = next;
  labelMs = nowMs;
};
const memory: string[] = [];
const timer = setInterval(() => {
  const { rss } = Deno.memoryUsage();
  rssMax = Math.max(rssMax, rss);
  memory.push((rss / 1e6).toFixed(0));
}, 5000);
try {
  const summary = await corridor.provision("package", stage);
  stage("");
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = Deno.build.os === "linux" ? processTimes() : { user: 0, system: 0 };
  console.log(
    `${summary.tiles} tiles, ${summary.places} places in ${seconds.toFixed(1)} s; processor ` +
      `${user.toFixed(1)} + ${system.toFixed(1)} s; memory at most ${
        (rssMax / 1e6).toFixed(0)
      } MB, every 5 s: ` +
      memory.join(" "),
  );
} finally {
  clearInterval(timer);
  await Deno.remove(folder, { recursive: true });
}

function processTimes(): { user: number; system: number } {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1].split(" ");
  return { user: Number(fields[11]) / 100, system: Number(fields[12]) / 100 };
}
