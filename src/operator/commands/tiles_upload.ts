/**
 * `operator tiles upload`: hands in the tiles that flights made, signed, after landing.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import type { TileUploader, UploadBatchReport } from "../../tiles/workstation/tile_manager/mod.ts";
import {
  CACHE_OPTIONS_HELP,
  DATA_DIRECTORY_DEFAULT,
  numberOption,
  parseCommandLine,
} from "../options.ts";

export interface UploadSettings {
  readonly dataDirectory: string;
  readonly dsn: string | null;
  readonly companionId: string;
  /** Recorded flight whose end tells that the aircraft has landed; null: the latest that came home. */
  readonly recordFolder: string | null;
  readonly retry: boolean;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  readonly onProgress: (done: number, total: number) => void;
}

export interface TilesUploadParts {
  openUploader(
    settings: UploadSettings,
  ): Promise<{ readonly uploader: TileUploader } & AsyncDisposable>;
}

const HELP = `operator tiles upload --url URL [options]

Hands in the tiles that flights made (operator collect brings them into the cache), each signed with a
key of its flight. First of all the flight state is confirmed: the recorded flight must have ended
with a clean footer, else nothing is read and nothing is sent. What the provider acknowledges is
marked and never sent again; what it rejects stays for a person, and is given up after 5 rejections.

The provider must know the key: the safety officer's token in GDN_ENROLMENT_TOKEN enrols it, or the
provider reads it from the operator's own records (DATA/recorder). GDN_SATELLITE_TOKEN is our token.

  --flight ID          tiles of this flight (default: of all flights)
  --record DIR         the recorded flight that tells of the landing (default: the latest in
                       DATA/flight_records)
  --batch N            tiles per request, 1 to 200 (default: 50)
  --companion NAME     name of the companion computer, signed with the tiles (default: companion)
  --no-retry           one try, without waiting
${CACHE_OPTIONS_HELP}
  --json               one JSON object instead of the summary

Exit codes: 0 done (also when there was nothing), 65 tiles were rejected, 75 try again later,
77 refused (not landed, not let in, a signature).

Examples
  operator tiles upload --url https://tiles.example/
  operator tiles upload --url https://tiles.example/ --flight 3f2504e0-4f89-41d3-9a0c-0305e82c3301 --json`;

const OPTIONS = {
  url: { type: "string" },
  flight: { type: "string" },
  record: { type: "string" },
  batch: { type: "string" },
  companion: { type: "string" },
  "no-retry": { type: "boolean" },
  data: { type: "string" },
  dsn: { type: "string" },
  json: { type: "boolean" },
} as const;

export function tilesUploadCommand(parts: TilesUploadParts): Command {
  return {
    name: "tiles upload",
    summary: "hand in the tiles that flights made, signed",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

async function run(
  parts: TilesUploadParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError("tiles upload takes no arguments");
  if (values.url === undefined) throw new UsageError("tiles upload needs --url URL");
  if (
    values.flight !== undefined &&
    !/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(values.flight)
  ) {
    throw new UsageError(`--flight is a UUID, got "${values.flight}"`);
  }
  let progress: ReturnType<CommandIo["progress"]> | null = null;
  let report: UploadBatchReport;
  try {
    await using opened = await parts.openUploader({
      dataDirectory: values.data ?? DATA_DIRECTORY_DEFAULT,
      dsn: values.dsn ?? null,
      companionId: values.companion ?? "companion",
      recordFolder: values.record ?? null,
      retry: !(values["no-retry"] ?? false),
      signal: io.signal,
      note: (line) => io.err(line),
      onProgress: (done, total) => {
        progress ??= io.progress("upload", total);
        progress.update(done);
      },
    });
    report = await opened.uploader.uploadPendingTiles({
      flightId: values.flight?.toLowerCase() ?? null,
      batchSize: numberOption("batch", values.batch, { minimum: 1, maximum: 200, integer: true }) ??
        50,
      satelliteProviderUrl: values.url,
    });
  } finally {
    (progress as ReturnType<CommandIo["progress"]> | null)?.end();
  }
  if (values.json) io.out(JSON.stringify({ type: "upload", ...report }));
  else for (const line of reportText(report)) io.out(line);
  return exitCodeOf(report);
}

function exitCodeOf(report: UploadBatchReport): ExitCode {
  if (report.outcome === "success") return EXIT.ok;
  const reasons = report.perTileStatus.map(({ rejectionReason }) => rejectionReason ?? "");
  if (reasons.some((reason) => /signature/i.test(reason))) return EXIT.refused;
  if (reasons.some((reason) => /acknowledge/.test(reason))) return EXIT.tryAgain;
  return EXIT.data;
}

function reportText(report: UploadBatchReport): string[] {
  const counts = new Map<string, number>();
  for (const { status } of report.perTileStatus) counts.set(status, (counts.get(status) ?? 0) + 1);
  const words = [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
  const lines = [
    report.perTileStatus.length === 0
      ? "nothing to hand in"
      : `${report.outcome}: ${words}; ${report.retryCount} retries`,
    ...report.sessions.map(({ flightId, publicKeyFingerprint }) =>
      `flight ${flightId}, key ${publicKeyFingerprint}`
    ),
  ];
  for (const { tileId, status, rejectionReason } of report.perTileStatus) {
    if (rejectionReason === null || lines.length > 20) continue;
    lines.push(`  ${tileId.zoom}/${tileId.x}/${tileId.y}: ${status}, ${rejectionReason}`);
  }
  if (report.nextRetryAtS !== null) {
    lines.push(`try again after ${new Date(1000 * report.nextRetryAtS).toISOString()}`);
  }
  return lines;
}
