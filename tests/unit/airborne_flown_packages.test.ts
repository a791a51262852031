import assert from "node:assert/strict";
import {
  type FlownPackages,
  forgottenText,
  withFlown,
} from "../../src/airborne/trust/flown_packages.ts";
import type { Manifest } from "../../src/flight/flight_package/mod.ts";

Deno.test("what no longer fits among the packages flown is told, and what fits is not", () => {
  const flown = Array.from({ length: 256 }, (_, i) => ({
    name: `package ${i}`,
    counter: 3,
    manifestSha256: "0".repeat(64),
  }));
  const flight = {
    manifest: { name: "valley" } as Manifest,
    manifestSha256: "1".repeat(64),
    trust: { kind: "unchecked" } as const,
  };
  const toldOf = (packages: typeof flown) => {
    const before: FlownPackages = {
      format: "gdn-packages-flown",
      formatVersion: 1,
      revokedKeys: [],
      packages,
    };
    return forgottenText(before, flight, withFlown(before, flight));
  };
  assert.match(toldOf(flown) ?? "", /"package 0" was flown is forgotten/);
  assert.equal(toldOf(flown.slice(1)), null);
});
