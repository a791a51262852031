import assert from "node:assert/strict";
import {
  chooseStrategy,
  hasNativeLibrary,
  type Strategies,
  StrategyNotLinkedError,
} from "../../src/core/mod.ts";

interface Parts {
  readonly rateHz: number;
}
interface Odometry {
  readonly label: string;
}

const STRATEGIES: Strategies<Parts, Odometry> = {
  planar_klt: { create: ({ rateHz }) => ({ label: `klt at ${rateHz} Hz` }) },
  okvis2: { library: "okvis2", create: () => Promise.resolve({ label: "okvis2" }) },
};

function choose(name: string, libraries: readonly string[] = []) {
  return chooseStrategy({
    executable: "airborne",
    role: "vio",
    name,
    strategies: STRATEGIES,
    hasLibrary: (library) => libraries.includes(library),
  });
}

function refusal(name: string): StrategyNotLinkedError {
  try {
    choose(name);
  } catch (error) {
    assert.ok(error instanceof StrategyNotLinkedError, String(error));
    assert.equal(error.exitCode, 78);
    assert.deepEqual([error.role, error.strategy], ["vio", name]);
    return error;
  }
  throw new Error(`${name} was not refused`);
}

Deno.test("chooseStrategy() finds what the configuration names and this build has", async () => {
  assert.deepEqual(await choose("planar_klt").create({ rateHz: 5 }), { label: "klt at 5 Hz" });
  assert.deepEqual(await choose("okvis2", ["okvis2"]).create({ rateHz: 5 }), { label: "okvis2" });
});

Deno.test("chooseStrategy() refuses what does not exist or is not in this build, and lists what is", () => {
  const unknown = refusal("clairvoyance");
  assert.match(
    unknown.message,
    /^Cannot compose airborne: vio "clairvoyance" does not exist; available: planar_klt; not in this build: okvis2$/,
  );
  assert.deepEqual(unknown.available, ["planar_klt"]);
  assert.match(refusal("okvis2").message, /needs the native library okvis2, which is absent/);
  // Names come from a file: those of every object are no strategies.
  assert.match(refusal("constructor").message, /does not exist/);
});

Deno.test("hasNativeLibrary() says whether the file is there and opens", async () => {
  assert.ok(hasNativeLibrary("faiss"));
  const folder = await Deno.makeTempDir({ prefix: "gdn-libraries-" });
  try {
    await Deno.writeTextFile(`${folder}/libgdn_text.so`, "no library");
    assert.ok(!hasNativeLibrary("text", folder));
    assert.ok(!hasNativeLibrary("missing", folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
