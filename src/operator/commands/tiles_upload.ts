/**
 * `operator tiles upload`: uploads the tiles that flights made, signed, after landing.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
} from "../../core/mod.ts";
import type { TileUploader, UploadBatchReport } from "../../tiles/workstation/tile_manager/mod.ts";
import { CACHE_OPTIONS, placeOf, PROVIDER_ENVIRONMENT } from "../options.ts";

export interface UploadSettings {
  readonly dataDirectory: string;
  readonly dsn: string | null;
  readonly companionId: string;
  /**
   * The recorded flight whose footer proves the landing; null: the latest one that was collected.
   */
  readonly recordFolder: string | null;
  readonly retry: boolean;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  /** Log lines, with `--verbose`. */
  readonly detail: (line: string) => void;
  readonly onProgress: (done: number, total: number) => void;
}

interface TilesUploadParts {
  openUploader(
    settings: UploadSettings,
  ): Promise<{ readonly uploader: TileUploader } & AsyncDisposable>;
}

const ABOUT = `
Hands in the tiles that flights made (operator collect brings them into the cache), each signed with a
key of its flight. First of all the flight state is confirmed: the recorded flight must have ended
with a clean footer, else nothing is read and nothing is sent. What the provider acknowledges is
marked and never sent again; what it rejects stays for a person, and is given up after 5 rejections.

The provider must know the key: the safety officer's token in GDN_ENROLMENT_TOKEN enrols it, or the
provider reads it from the operator's own records (DATA/recorder). GDN_SATELLITE_TOKEN is our token.`;

const OPTIONS = {
  url: option.url({
    required: true,
    help: "the satellite provider; only https, or this machine",
    example: "https://tiles.example/",
  }),
  flight: option.uuid({ help: "tiles of this flight", absent: "of all flights" }),
  record: option.path({
    access: "read",
    placeholder: "DIR",
    help: "the recorded flight that tells of the landing",
    absent: "the latest in DATA/flight_records",
  }),
  batch: option.count({ minimum: 1, maximum: 200, default: 50, help: "tiles per request" }),
  companion: option.text({
    placeholder: "NAME",
    default: "companion",
    help: "name of the companion computer, signed with the tiles",
  }),
  noRetry: option.flag({ help: "one try, without waiting" }),
  ...CACHE_OPTIONS,
} as const;

export function tilesUploadCommand(parts: TilesUploadParts): Command {
  return defineCommand({
    name: "tiles upload",
    summary: "hand in the tiles that flights made, signed",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    environment: PROVIDER_ENVIRONMENT,
    examples: [
      "operator tiles upload --url https://tiles.example/",
      "operator tiles upload --url https://tiles.example/ --flight 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    ],
    exitCodes: {
      0: "done (also when there was nothing)",
      65: "tiles were rejected",
      75: "try again later",
      77: "refused (not landed, not let in, a signature)",
    },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(
  parts: TilesUploadParts,
  values: OptionValues<typeof OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  let progress: ReturnType<CommandIo["progress"]> | null = null;
  let report: UploadBatchReport;
  try {
    await using opened = await parts.openUploader({
      ...placeOf(values),
      companionId: values.companion,
      recordFolder: values.record ?? null,
      retry: !values.noRetry,
      signal: io.signal,
      note: (line) => io.err(line),
      detail: (line) => io.detail(line),
      onProgress: (done, total) => {
        progress ??= io.progress("upload", total);
        progress.update(done);
      },
    });
    report = await opened.uploader.uploadPendingTiles({
      flightId: values.flight ?? null,
      batchSize: values.batch,
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
