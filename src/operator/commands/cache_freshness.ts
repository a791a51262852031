/**
 * `operator cache freshness explain|rules`: shows what the freshness gate decides and by which
 * rules.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  MERCATOR_LATITUDE_MAX_DEG,
  option,
  type OptionValues,
  Refused,
  tileBounds,
  tileFromWgs,
} from "../../core/mod.ts";
import {
  type Bbox,
  SECTOR_CLASSIFICATIONS,
  type SectorClassification,
} from "../../tiles/tile_contract/mod.ts";
import {
  daysOf,
  describeReason,
  type FreshnessJudgement,
  type FreshnessSettings,
  type SqlFreshnessGate,
} from "../../tiles/workstation/tile_cache/mod.ts";
import { CACHE_OPTIONS, type CachePlace, placeOf, refuseWithoutCache } from "../options.ts";

/** The parts of an open cache that these commands use. */
interface FreshnessCache extends AsyncDisposable {
  readonly freshness: SqlFreshnessGate;
  readonly freshnessSettings: FreshnessSettings;
}

export interface FreshnessParts {
  openCache(place: CachePlace): Promise<FreshnessCache>;
}

const UNITS_S: Readonly<Record<string, number>> = { d: 86_400, h: 3600, s: 1, "": 1 };

const RULE_FORM = `${
  SECTOR_CLASSIFICATIONS.join("=AGE or ")
}=AGE, with AGE like 90d, 12h or a number of seconds`;

/** "active_conflict=90d". */
function readRule(
  text: string,
): { readonly classification: SectorClassification; readonly maxAgeS: number } | Refused {
  const match = /^(\w+)=(\d{1,12})([dhs]?)$/.exec(text);
  const classification = SECTOR_CLASSIFICATIONS.find((known) => known === match?.[1]);
  if (match === null || classification === undefined) return new Refused();
  return { classification, maxAgeS: Number(match[2]) * UNITS_S[match[3]] };
}

const EXPLAIN_OPTIONS = {
  at: option.date({ help: "the moment of judgement", absent: "now" }),
  zoom: option.zoom({ default: 18, help: "zoom of the tile" }),
  ...CACHE_OPTIONS,
} as const;

const EXPLAIN_ARGUMENTS = {
  latitudeDeg: option.angleDeg({
    minimum: -90,
    maximum: 90,
    placeholder: "LAT",
    required: true,
    help: "latitude of a point in the tile",
  }),
  longitudeDeg: option.angleDeg({
    minimum: -180,
    maximum: 180,
    placeholder: "LON",
    required: true,
    help: "longitude of the point",
  }),
  capturedAt: option.dateOrUnknown({
    placeholder: "CAPTURED_AT",
    required: true,
    help: "when the picture of the tile was taken",
  }),
} as const;

const RULES_OPTIONS = {
  set: option.custom({ form: RULE_FORM, read: readRule }, {
    placeholder: "CLASS=AGE",
    multiple: true,
    help: "change a rule",
    example: "active_conflict=90d",
  }),
  trustClock: option.flag({
    help: "the clock of this machine is right, and was ahead before: tiles are judged at the " +
      "latest time that the cache has seen, and this forgets it",
  }),
  ...CACHE_OPTIONS,
} as const;

export function freshnessExplainCommand(parts: FreshnessParts): Command {
  return defineCommand({
    name: "cache freshness explain",
    summary: "what the cache would decide about a tile, and why",
    about: `
What the cache would decide about a tile there whose picture was taken then, and why. Nothing is
written. The whole tile counts: it lies in every sector that it touches, an edge included.`,
    arguments: EXPLAIN_ARGUMENTS,
    options: EXPLAIN_OPTIONS,
    json: "one JSON object instead of text",
    examples: [
      "operator cache freshness explain 48.2 37.8 2026-01-31",
      "operator cache freshness explain 48.2 37.8 unknown --at 2026-09-01 --json",
    ],
    run: (values, io) => explain(parts, values, io),
  });
}

export function freshnessRulesCommand(parts: FreshnessParts): Command {
  return defineCommand({
    name: "cache freshness rules",
    summary: "show or change how old tiles may be",
    about: `
How old a tile may be in a sector. Older ones are refused in active_conflict and labelled
"downgraded" in stable_rear, which is also everything outside of all sectors.`,
    options: RULES_OPTIONS,
    json: "one JSON object instead of text",
    examples: [
      "operator cache freshness rules",
      "operator cache freshness rules --set active_conflict=90d --set stable_rear=365d",
    ],
    run: (values, io) => rules(parts, values, io),
  });
}

async function explain(
  parts: FreshnessParts,
  values:
    & OptionValues<typeof EXPLAIN_OPTIONS & typeof EXPLAIN_ARGUMENTS>
    & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { latitudeDeg, longitudeDeg, zoom } = values;
  const capturedAt = values.capturedAt === "unknown" ? null : values.capturedAt;
  const ground = groundOf(latitudeDeg, longitudeDeg, zoom);
  const place = placeOf(values);
  await refuseWithoutCache(place);
  await using cache = await parts.openCache(place);
  const at = values.at ?? cache.freshness.now();
  const judgement = cache.freshness.judgeBoxAt(ground.box, capturedAt, at);
  if (values.json) {
    const { tile, box } = ground;
    io.out(JSON.stringify({ type: "freshness", at, tile, box, capturedAt, ...judgement }));
  } else for (const line of inWords(judgement, at, ground)) io.out(line);
  return EXIT.ok;
}

interface Ground {
  readonly tile: string | null;
  readonly box: Bbox;
}

/**
 * The tile there; beyond the latitudes of slippy maps there is none, and the point itself is
 * judged.
 */
function groundOf(latitudeDeg: number, longitudeDeg: number, zoom: number): Ground {
  if (Math.abs(latitudeDeg) > MERCATOR_LATITUDE_MAX_DEG) {
    const box = {
      southDeg: latitudeDeg,
      westDeg: longitudeDeg,
      northDeg: latitudeDeg,
      eastDeg: longitudeDeg,
    };
    return { tile: null, box };
  }
  const tile = tileFromWgs({ latitudeDeg, longitudeDeg }, zoom);
  return { tile: `${zoom}/${tile.x}/${tile.y}`, box: tileBounds(tile) };
}

function inWords(judgement: FreshnessJudgement, at: Date, { tile }: Ground): string[] {
  const { outcome, rule, sectors, refusedAfter } = judgement;
  const what = tile === null ? "that point (no tile reaches it)" : `tile ${tile}`;
  const where = sectors.length === 0
    ? "no sector, which counts as stable_rear"
    : sectors.map(({ name, classification }) => `"${name}" (${classification})`).join(", ");
  return [
    `${outcome}: ${what}, judged at ${at.toISOString()}`,
    `because   ${describeReason(judgement)}`,
    `rule      ${rule.classification} allows at most ${daysOf(rule.maxAgeS)} (${rule.maxAgeS} s)`,
    `lies in   ${where}`,
    ...(refusedAfter === null ? [] : [`refused   after ${refusedAfter.toISOString()}`]),
  ];
}

async function rules(
  parts: FreshnessParts,
  values: OptionValues<typeof RULES_OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const place = placeOf(values);
  if (values.set.length === 0) await refuseWithoutCache(place);
  await using cache = await parts.openCache(place);
  const { freshnessSettings: settings, freshness } = cache;
  for (const change of values.set) await settings.setRule(change);
  if (values.trustClock) await settings.trustClock(new Date());
  await freshness.reload();
  const now = await settings.rules();
  if (values.json) io.out(JSON.stringify({ type: "rules", rules: now }));
  else {
    for (const { classification, maxAgeS } of now) {
      io.out(`${classification.padEnd(16)} ${daysOf(maxAgeS)} (${maxAgeS} s)`);
    }
  }
  return EXIT.ok;
}
