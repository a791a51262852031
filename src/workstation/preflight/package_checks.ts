/**
 * Whether the flight package may fly, and whether its map holds the route.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import type { FlightPackage } from "../../flight/flight_package/mod.ts";
import {
  fail,
  type Finding,
  notChecked,
  pass,
  type RouteCoverage,
  type RouteGap,
  warning,
} from "./contract.ts";

/** What is no more than a warning where no aircraft was named, whose keys it is held against. */
const ONLY_WARNED = ["PACKAGE_UNSIGNED", "PACKAGE_KEY_UNKNOWN"];

const TRUST_REMEDIES: Readonly<Record<string, string>> = {
  PACKAGE_UNSIGNED: "`operator package sign`: a live flight refuses it",
  PACKAGE_KEY_UNKNOWN:
    "install the key on the aircraft (`airborne keys trust FILE.pub`), or sign " +
    "with one that it has: a live flight refuses it",
  PACKAGE_KEY_REVOKED: "sign it with another key: `operator package sign --key NAME`",
  PACKAGE_EXPIRED: "look at its tiles, and sign it anew: `operator package sign`",
  PACKAGE_OTHER_AIRCRAFT: "sign it for this aircraft: `operator package sign --aircraft ID`",
  PACKAGE_ROLLED_BACK: "copy the newer package, or sign this one anew",
};

/** `ofAircraft`: it was held against the aircraft's own keys, which decide there. */
export function packageFindings(
  opened: FlightPackage | Error | null,
  { ofAircraft }: { readonly ofAircraft: boolean },
): Finding[] {
  if (opened === null) return [notChecked("no --package was given")];
  if (opened instanceof Error) {
    return [fail(messageOf(opened), "copy it again, or provision it again")];
  }
  const { manifest, places, trust } = opened;
  const found: Finding[] = [pass(
    `"${manifest.name}": ${manifest.files.length} files whole, ${manifest.tileCount} tiles, ` +
      `${places.length} places${trust.kind === "trusted" ? `, signed by ${trust.key.name}` : ""}`,
  )];
  if (trust.kind === "untrusted") {
    const { code, reason } = trust;
    const remedy = TRUST_REMEDIES[code] ?? "sign it anew: `operator package sign`";
    const isWarned = !ofAircraft && ONLY_WARNED.includes(code);
    found.push(isWarned ? warning(reason, remedy) : fail(reason, remedy));
  } else if (trust.kind === "trusted" && trust.warning !== null) {
    found.push(warning(trust.warning, "sign it again: `operator package sign`"));
  }
  return found;
}

/** Drift between two satellite fixes may come to this much with the IMU, metres. */
const DRIFT_M_MAX = 50;

const HOLES_SHOWN = 4;

/** One finding: the longest holes, and what they cost; the report's `coverage` has all of them. */
export function coverageFindings(coverage: RouteCoverage | null): Finding[] {
  if (coverage === null) return [notChecked("no --route was given, or no package")];
  const { routeM, share, gaps } = coverage;
  const text = `${(100 * share).toFixed(1)} % of what the camera sees along ` +
    `${(routeM / 1000).toFixed(1)} km is on the map`;
  if (gaps.length === 0) return [pass(text)];
  const longest = [...gaps].sort((a, b) => b.lengthM - a.lengthM);
  const shown = longest.slice(0, HOLES_SHOWN).map(holeText);
  if (gaps.length > HOLES_SHOWN) shown.push(`and ${gaps.length - HOLES_SHOWN} shorter holes`);
  const found = [text, ...shown].join("; ");
  const remedy = "download or import tiles there, or lead the route around it";
  return [longest[0].largestErrorM > DRIFT_M_MAX ? fail(found, remedy) : warning(found, remedy)];
}

function holeText(gap: RouteGap): string {
  const { startM, lengthM, from, to, reachesEnd, expectedErrorM, largestErrorM } = gap;
  const place = ({ latitudeDeg, longitudeDeg }: typeof from) => `${latitudeDeg},${longitudeDeg}`;
  return `hole of ${lengthM.toFixed(0)} m from ${(startM / 1000).toFixed(2)} km ` +
    `(${place(from)}) to ${reachesEnd ? "the end" : place(to)}: ` +
    `${expectedErrorM.toFixed(0)} m of error at its end, ${largestErrorM.toFixed(0)} m at worst`;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 2;

/** `until`: the end of the flight. */
export function freshnessFindings(opened: FlightPackage | Error | null, until: Date): Finding[] {
  if (opened === null || opened instanceof Error) return [notChecked("no package")];
  const { tileMetadata, expiredTiles, manifest } = opened;
  const remedy = "import newer imagery, and provision again";
  if (expiredTiles.length > 0) {
    const share = 100 * expiredTiles.length / manifest.tileCount;
    return [fail(
      `${expiredTiles.length} tiles (${share.toFixed(0)} %) are too old for their sector before ` +
        `the flight ends`,
      remedy,
    )];
  }
  const found: Finding[] = [];
  const soon = tileMetadata.filter(({ expiresAt }) =>
    expiresAt !== undefined && Date.parse(expiresAt) < until.getTime() + SOON_DAYS * DAY_MS
  );
  if (soon.length > 0) {
    found.push(warning(`${soon.length} tiles become too old within ${SOON_DAYS} days`, remedy));
  }
  const leftOut = manifest.freshness?.leftOut ?? [];
  for (const { classification, reason, tiles } of leftOut) {
    found.push(warning(`${tiles} tiles were left out: ${classification}, ${reason}`, remedy));
  }
  const dates = tileMetadata.flatMap(({ capturedAt }) => capturedAt ?? []).sort();
  const undated = tileMetadata.length - dates.length;
  if (dates.length === 0) found.push(pass("no tile tells its date, and no sector asks for one"));
  else {
    const without = undated === 0 ? "" : `, ${undated} without a date`;
    found.push(
      pass(`captured ${dates[0].slice(0, 10)} to ${dates.at(-1)?.slice(0, 10)}${without}`),
    );
  }
  return found;
}

/** Milliseconds UTC of the newest tile: the flight is not before it; null: none has a date. */
export function newestTileMs(opened: FlightPackage | Error | null): number | null {
  if (opened === null || opened instanceof Error) return null;
  const dates = opened.tileMetadata.flatMap(({ capturedAt }) =>
    capturedAt === null ? [] : [Date.parse(capturedAt)]
  );
  return dates.length === 0 ? null : Math.max(...dates);
}
