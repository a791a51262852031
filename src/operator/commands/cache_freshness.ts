/**
 * `operator cache freshness explain|rules`: what the freshness gate decides and by which rules.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  EXIT,
  type ExitCode,
  GdnError,
  MERCATOR_LATITUDE_MAX_DEG,
  tileBounds,
  tileFromWgs,
  UsageError,
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
import {
  CACHE_OPTIONS_HELP,
  DATA_DIRECTORY_DEFAULT,
  dateOption,
  numberOption,
  parseCommandLine,
} from "../options.ts";

/** An open cache, as far as these commands need it. */
export interface FreshnessCache extends AsyncDisposable {
  readonly freshness: SqlFreshnessGate;
  readonly freshnessSettings: FreshnessSettings;
}

export interface FreshnessParts {
  openCache(place: { dataDirectory: string; dsn: string | null }): Promise<FreshnessCache>;
}

const ZOOM_DEFAULT = 18;

const EXPLAIN_HELP = `operator cache freshness explain LAT LON CAPTURED_AT [options]

What the cache would decide about a tile there whose picture was taken then, and why. Nothing is
written. CAPTURED_AT is a date (2026-05-31), a moment (2026-05-31T12:00Z), or "unknown".

The whole tile counts: it lies in every sector that it touches, an edge included.

  --at TIME            the moment of judgement (default: now)
  --zoom Z             zoom of the tile (default ${ZOOM_DEFAULT})
${CACHE_OPTIONS_HELP}
  --json               one JSON object instead of text

Examples
  operator cache freshness explain 48.2 37.8 2026-01-31
  operator cache freshness explain 48.2 37.8 unknown --at 2026-09-01 --json`;

const RULES_HELP = `operator cache freshness rules [options]

How old a tile may be in a sector. Older ones are refused in active_conflict and labelled
"downgraded" in stable_rear, which is also everything outside of all sectors.

  --set CLASS=AGE      change a rule; AGE is 90d, 12h or seconds; may be given several times
  --trust-clock        the clock of this machine is right, and was ahead before: tiles are judged
                       at the latest time that the cache has seen, and this forgets it
${CACHE_OPTIONS_HELP}
  --json               one JSON object instead of text

Examples
  operator cache freshness rules
  operator cache freshness rules --set active_conflict=90d --set stable_rear=365d`;

const PLACE = {
  data: { type: "string" },
  dsn: { type: "string" },
  json: { type: "boolean" },
} as const;

export function freshnessExplainCommand(parts: FreshnessParts): Command {
  return {
    name: "cache freshness explain",
    summary: "what the cache would decide about a tile, and why",
    help: EXPLAIN_HELP,
    run: (args, io) => explain(parts, args, io),
  };
}

export function freshnessRulesCommand(parts: FreshnessParts): Command {
  return {
    name: "cache freshness rules",
    summary: "show or change how old tiles may be",
    help: RULES_HELP,
    run: (args, io) => rules(parts, args, io),
  };
}

export function placeOf(values: { data?: string; dsn?: string }) {
  return { dataDirectory: values.data ?? DATA_DIRECTORY_DEFAULT, dsn: values.dsn ?? null };
}

async function explain(
  parts: FreshnessParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const options = { ...PLACE, at: { type: "string" }, zoom: { type: "string" } } as const;
  // "-33.9" is a latitude and no option.
  const marked = args.map((arg) => /^-\.?\d/.test(arg) ? `+${arg}` : arg);
  const { values, positionals } = parseCommandLine(marked, options);
  if (positionals.length !== 3) {
    throw new UsageError(
      `freshness explain takes LAT LON CAPTURED_AT, got ${positionals.length} words`,
    );
  }
  const [latitude, longitude, captured] = positionals.map((word) => word.replace(/^\+-/, "-"));
  const latitudeDeg = numberOption("LAT", latitude, { minimum: -90, maximum: 90 }) ?? 0;
  const longitudeDeg = numberOption("LON", longitude, { minimum: -180, maximum: 180 }) ?? 0;
  const zoom = numberOption("zoom", values.zoom, { minimum: 0, maximum: 22, integer: true }) ??
    ZOOM_DEFAULT;
  const capturedAt = captured === "unknown" ? null : dateOption("CAPTURED_AT", captured) ?? null;
  const named = dateOption("at", values.at);
  const ground = groundOf(latitudeDeg, longitudeDeg, zoom);
  await refuseWithoutCache(values.data);
  await using cache = await parts.openCache(placeOf(values));
  const at = named ?? cache.freshness.now();
  const judgement = cache.freshness.judgeBoxAt(ground.box, capturedAt, at);
  if (values.json) {
    const { tile, box } = ground;
    io.out(JSON.stringify({ type: "freshness", at, tile, box, capturedAt, ...judgement }));
  } else for (const line of inWords(judgement, at, ground)) io.out(line);
  return EXIT.ok;
}

/** Opening makes a cache where there is none, and asking must not. */
async function refuseWithoutCache(data: string | undefined): Promise<void> {
  const folder = data ?? DATA_DIRECTORY_DEFAULT;
  try {
    await Deno.stat(`${folder}/cache.json`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GdnError(
      "NO_CACHE",
      `there is no tile cache in ${folder}; \`operator tiles import\` or \`operator cache sector ` +
        "add` makes one, --data names another",
      { cause: error, exitCode: EXIT.noInput },
    );
  }
}

interface Ground {
  readonly tile: string | null;
  readonly box: Bbox;
}

/** The tile there; beyond the ends of the slippy map there is none, and the point stands for it. */
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
    `rule      ${rule.classification} takes at most ${daysOf(rule.maxAgeS)} (${rule.maxAgeS} s)`,
    `lies in   ${where}`,
    ...(refusedAfter === null ? [] : [`refused   after ${refusedAfter.toISOString()}`]),
  ];
}

async function rules(
  parts: FreshnessParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, {
    ...PLACE,
    set: { type: "string", multiple: true },
    "trust-clock": { type: "boolean" },
  });
  if (positionals.length > 0) {
    throw new UsageError(`freshness rules takes options only, got "${positionals[0]}"`);
  }
  const changes = (values.set ?? []).map(ruleOf);
  await using cache = await parts.openCache(placeOf(values));
  const { freshnessSettings: settings, freshness } = cache;
  for (const change of changes) await settings.setRule(change);
  if (values["trust-clock"]) await settings.trustClock(new Date());
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

const UNITS_S: Readonly<Record<string, number>> = { d: 86_400, h: 3600, s: 1, "": 1 };

/** "active_conflict=90d". */
function ruleOf(text: string): { classification: SectorClassification; maxAgeS: number } {
  const match = /^(\w+)=(\d{1,12})([dhs]?)$/.exec(text);
  const classification = classificationOf(match?.[1]);
  if (match === null || classification === undefined) {
    throw new UsageError(
      `--set takes ${SECTOR_CLASSIFICATIONS.join("=AGE or ")}=AGE with AGE like 90d, 12h or ` +
        `seconds, got "${text}"`,
    );
  }
  return { classification, maxAgeS: Number(match[2]) * UNITS_S[match[3]] };
}

export function classificationOf(word: string | undefined): SectorClassification | undefined {
  return SECTOR_CLASSIFICATIONS.find((classification) => classification === word);
}
