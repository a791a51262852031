/**
 * recordedEnd() and latestFlight() on files that are complete, cut, damaged, or present more than
 * once.
 */
import assert from "node:assert/strict";
import path from "node:path";
import { inScratch } from "../support/scratch.ts";
import { latestFlight } from "../../src/tiles/workstation/tile_manager/flight_state/latest_flight.ts";
import { recordedEnd } from "../../src/tiles/workstation/tile_manager/flight_state/recorded_end.ts";
import { RecorderFooterSource } from "../../src/tiles/workstation/tile_manager/flight_state/sources.ts";
import { closedFolders } from "../support/closed_folders.ts";
import { FLIGHT_ID, mcapFile, withoutChunkCrcs } from "../support/flight_record_fixture.ts";

const OTHER_FLIGHT = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const PADDING = { kind: "log.line", payload: { text: "x".repeat(700) } };

interface Segment {
  readonly footer?: { readonly cleanShutdown: boolean };
  readonly flightId?: string;
}

/** A header record, a chunk with only a log record, and the footer in a chunk of its own. */
async function segment({ footer, flightId = FLIGHT_ID }: Segment): Promise<Uint8Array> {
  const records = [
    { kind: "flight_header", payload: { name: "test" } },
    PADDING,
    PADDING,
    ...(footer === undefined ? [] : [{ kind: "flight_footer", payload: footer }]),
  ].map((record, i) => ({ ...record, timestampNs: i * 1e9 }));
  return (await mcapFile({ records, flightId, chunkBytes: 600 })).bytes;
}

/** Overwrites a text in a file: more than one bit, so that it cannot be repaired. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes);
  const at = text.indexOf(from);
  assert(at >= 0 && from.length === to.length, from);
  const out = bytes.slice();
  out.set(new TextEncoder().encode(to), at);
  return out;
}

const clean = { footer: { cleanShutdown: true } }, unclean = { footer: { cleanShutdown: false } };
const FIRST = "segment_0000.mcap", BESIDE = "segment_0000.0a1b2c3d.mcap";

type Files = Readonly<Record<string, Uint8Array>>;

/** `as`: how the folder is named in the call, where not by its path. */
async function recordOf(files: Files, name = FLIGHT_ID, as = (flight: string) => flight) {
  let end = await Promise.resolve<Awaited<ReturnType<typeof recordedEnd>> | null>(null);
  await inScratch(async (folder) => {
    const flight = `${folder}/${name}`;
    await Deno.mkdir(flight);
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(`${flight}/${name}`, bytes);
    }
    end = await recordedEnd(as(flight));
  });
  assert(end !== null);
  return end;
}

async function endOf(files: Files): Promise<boolean | null> {
  return (await recordOf(files)).footer?.cleanShutdown ?? null;
}

Deno.test("recordedEnd() accepts a footer with a correct CRC in the last segment", async () => {
  const whole = await segment(clean), open = await segment({});
  assert.equal(await endOf({ [FIRST]: whole }), true);
  assert.equal(await endOf({ [FIRST]: await segment(unclean) }), false);
  assert.equal(await endOf({ [FIRST]: open }), null);
  assert.equal(await endOf({ [FIRST]: open, "segment_0001.mcap": whole }), true);
  assert.equal(await endOf({ [FIRST]: whole, "segment_0001.mcap": open }), null);
  // Damage elsewhere in the file does not affect the footer; damage in its chunk does.
  const scratched = replaced(whole, "xxxxxxxx", "yyzzyyzz");
  assert.equal(await endOf({ [FIRST]: scratched }), true);
  const forged = replaced(await segment(unclean), '"cleanShutdown":false', '"cleanShutdown":true ');
  assert.equal(await endOf({ [FIRST]: forged }), null, "a changed word opens no gate");
  assert.equal(await endOf({ [FIRST]: withoutChunkCrcs(forged) }), null, "no CRC, no word");
});

Deno.test("recordedEnd() prefers the complete copy to the damaged one that came first", async () => {
  const whole = await segment(clean);
  const cut = whole.slice(0, whole.length * 2 / 3);
  assert.equal(await endOf({ [FIRST]: cut }), null);
  assert.equal(await endOf({ [FIRST]: cut, [BESIDE]: whole }), true);
  assert.equal(await endOf({ [FIRST]: whole, [BESIDE]: cut }), true);
  const scratched = replaced(await segment(unclean), "xxxxxxxx", "yyzzyyzz");
  assert.equal(await endOf({ [FIRST]: scratched, [BESIDE]: whole }), true);
  const scratchedClean = replaced(whole, "xxxxxxxx", "yyzzyyzz");
  assert.equal(await endOf({ [FIRST]: scratchedClean, [BESIDE]: await segment(unclean) }), false);
  // A copy with a chunk that has no CRC does not count as complete.
  assert.equal(await endOf({ [FIRST]: withoutChunkCrcs(whole, 1), [BESIDE]: scratched }), false);
});

Deno.test("recordedEnd() reports no clean end where complete copies contradict each other", async () => {
  const [yes, no] = [await segment(clean), await segment(unclean)];
  assert.equal(await endOf({ [FIRST]: yes, [BESIDE]: no }), false);
  assert.equal(await endOf({ [FIRST]: no, [BESIDE]: yes }), false);
});

Deno.test("recordedEnd() ignores the file of another flight", async () => {
  const foreign = await segment({ ...clean, flightId: OTHER_FLIGHT });
  const open = await segment({}), whole = await segment(clean);
  assert.equal(await endOf({ [FIRST]: open, [BESIDE]: foreign }), null);
  const mixed = { [FIRST]: open, "segment_0001.mcap": foreign };
  const relative = (flight: string) => path.relative(Deno.cwd(), flight);
  const reasons: [Files, string, ((flight: string) => string) | undefined, RegExp][] = [
    [mixed, FLIGHT_ID, undefined, /segment_0001\.mcap to flight 7c9e6679/],
    [mixed, FLIGHT_ID, (flight) => `${flight}/.`, /segment_0001\.mcap to flight 7c9e6679/],
    [mixed, "flight_monday", undefined, /segment_0000\.mcap belongs to flight 0c4f2f0e/],
    [mixed, FLIGHT_ID.toUpperCase(), undefined, /remove the files of the other flight/],
    [{ [FIRST]: whole }, OTHER_FLIGHT, undefined, /named 7c9e6679.* to flight 0c4f2f0e/],
    [{ [FIRST]: whole }, OTHER_FLIGHT, (flight) => `${relative(flight)}/.//`, /is named 7c9e6679/],
    [{ [FIRST]: withoutChunkCrcs(whole) }, FLIGHT_ID, undefined, /no record whose CRC is correct/],
    [{ [FIRST]: open }, FLIGHT_ID, undefined, /no footer with a correct CRC/],
  ];
  for (const [files, name, as, expected] of reasons) {
    const signal = new RecorderFooterSource(await recordOf(files, name, as)).flightState();
    assert.equal(signal.state, "UNKNOWN");
    assert.match(signal.reason ?? "", expected);
  }
  for (const name of ["flight_monday", FLIGHT_ID.toUpperCase()]) {
    assert.equal((await recordOf({ [FIRST]: whole }, name)).footer?.cleanShutdown, true, name);
  }
});

Deno.test("recordedEnd() takes the name of the folder that a link leads to", () =>
  inScratch(async (folder) => {
    await Deno.mkdir(`${folder}/${OTHER_FLIGHT}`);
    await Deno.writeFile(`${folder}/${OTHER_FLIGHT}/${FIRST}`, await segment(clean));
    await Deno.symlink(OTHER_FLIGHT, `${folder}/latest`);
    assert.equal((await recordedEnd(`${folder}/latest`)).footer, null);
  }));

Deno.test("latestFlight() prefers a flight that cannot be read to an older one", () =>
  inScratch(async (folder) => {
    assert.equal(await latestFlight(`${folder}/nothing`), null);
    await Deno.mkdir(`${folder}/${FLIGHT_ID}`);
    await Deno.writeFile(`${folder}/${FLIGHT_ID}/${FIRST}`, await segment(clean));
    assert.equal(await latestFlight(folder), `${folder}/${FLIGHT_ID}`);
    await Deno.mkdir(`${folder}/${OTHER_FLIGHT}`);
    await Deno.writeFile(`${folder}/${OTHER_FLIGHT}/${FIRST}`, new Uint8Array(100));
    assert.equal(await latestFlight(folder), `${folder}/${OTHER_FLIGHT}`);
  }));

Deno.test("latestFlight() skips folders that are no flights, but not flights that it may not read", () =>
  inScratch(async (folder) => {
    const flight = `${folder}/${FLIGHT_ID}`, other = `${folder}/${OTHER_FLIGHT}`;
    for (const path of [flight, other, `${folder}/lost+found`]) await Deno.mkdir(path);
    await Deno.writeFile(`${flight}/${FIRST}`, await segment(clean));
    assert.equal(await latestFlight(folder), flight, "empty folders");
    {
      using _closed = closedFolders([`${folder}/lost+found`]);
      assert.equal(await latestFlight(folder), flight);
    }
    {
      using _closed = closedFolders([other]);
      assert.equal(await latestFlight(folder), other);
      const end = await recordedEnd(other);
      assert.equal(end.footer, null);
      assert.match(end.footer === null ? end.reason ?? "" : "", /cannot be read: .*denied/);
    }
    // A segment that is a dangling link: the folder still looks like a flight.
    await Deno.symlink("nowhere", `${other}/${FIRST}`);
    assert.equal(await latestFlight(folder), other);
    await assert.rejects(recordedEnd(other), /segment_\d+\.mcap is a link/);
  }));
