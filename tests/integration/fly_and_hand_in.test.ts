/**
 * From a flight to the provider, by the shipped commands alone: replay makes tiles, collect brings them
 * into the cache, upload hands them in, each once.
 */
import assert from "node:assert/strict";
import { worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";
import { CLIENT_TOKEN, OFFICER_TOKEN, ProviderProcess } from "../support/provider.ts";

const world = worldForFile();

Deno.test("a flight's tiles are made, collected and handed in, each once", async () => {
  const { folder, flight, package: flightPackage } = world();
  const home = `${folder}/home`, data = `${folder}/collected`;
  const files = { read: [folder], write: [folder] };
  const flown = await run("airborne", [
    ...["replay", flight, "--package", flightPackage],
    ...["--recorder", home, "--make-tiles", home],
  ], files);
  assert.equal(flown.code, 0, flown.err);
  const made = Number(/(\d+) tiles made/.exec(flown.out)?.[1]);
  assert(made > 10, flown.out);

  const collected = await run("operator", ["collect", home, "--data", data, "--json"], files);
  assert.equal(collected.code, 0, collected.err);
  assert.equal(JSON.parse(collected.out).journals[0].written, made);

  // The simulated flight has a date of its own.
  await using provider = await ProviderProcess.start(["--max-age-days", "36500"]);
  const args = ["tiles", "upload", "--url", provider.url, "--data", data, "--json"];
  const handedIn = await run("operator", args, {
    ...files,
    net: [new URL(provider.url).host],
    env: { GDN_SATELLITE_TOKEN: CLIENT_TOKEN, GDN_ENROLMENT_TOKEN: OFFICER_TOKEN },
  });
  assert.equal(handedIn.code, 0, handedIn.out + handedIn.err);
  assert.equal(JSON.parse(handedIn.out).outcome, "success");
  const { acceptances } = await provider.state();
  assert.equal(Object.keys(acceptances).length, made);
  assert.deepEqual(new Set(Object.values(acceptances)), new Set([1]));
});
