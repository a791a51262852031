/**
 * `operator worker`: does the work that commands with `--workers` hand in, on any machine that reaches the
 * database.
 *
 * @module
 */
import { resolve } from "node:path";
import {
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  Refused,
  UsageError,
} from "../../core/mod.ts";
import {
  httpInputs,
  type InputSource,
  JOB_KINDS,
  type JobHandler,
  type JobKind,
  sharedFolder,
  TOKEN_VARIABLE,
  work,
  workersToken,
  type WorkQueue,
} from "../../workstation/work_queue/mod.ts";

interface WorkerParts {
  openQueue(settings: {
    readonly dsn: string;
    readonly concurrency: number;
    readonly note: (line: string) => void;
    readonly signal: AbortSignal;
  }): Promise<WorkQueue>;
  /** Whether both programs of that folder start here, and are of this build. */
  checkPrograms(folder: string): Promise<void>;
  openHandlers(settings: {
    readonly inputs: InputSource;
    readonly kinds: readonly JobKind[];
    /** Where the programs that fly are, and where flights are made; both absolute. */
    readonly flying: { readonly programs: string; readonly workFolder: string } | null;
  }): Disposable & { readonly handlers: ReadonlyMap<JobKind, JobHandler> };
}

const ABOUT = `
Takes jobs from the queue in the database (those that operator provision --workers and the like hand in), does
them, and stores each result together with the job's state. It works until SIGTERM or Ctrl-C: the job in hand
is finished, or given back, and the exit code is 0. Jobs are taken from the same build of operator alone; where
another one handed them in, it says which and ends with 78.

What jobs read (tiles, pictures) lies in the folder work of the data folder of whoever handed them in: as a
shared folder (--inputs), or over HTTP from operator jobs serve (--inputs-url, with the token of both in
${TOKEN_VARIABLE}). Nothing is used before its SHA-256 is right. By http:// the token and the inputs go
unencrypted; by https:// they do not, and DENO_CERT may name a file with the certificate to trust.

Jobs of the kinds fly and campaign start the programs operator and airborne of --programs, each under its own
permissions and, as built programs, within this one's: they are tried before the first job is taken.`;

const OPTIONS = {
  dsn: option.database({
    required: true,
    help: "PostgreSQL server that has the jobs",
    example: "postgresql://worker@db/tiles",
  }),
  inputs: option.path({
    access: "read",
    placeholder: "DIR",
    help: "shared folder that jobs read: DATA/work of who hands them in",
  }),
  inputsUrl: option.url({
    help: "the same over HTTP, from `operator jobs serve`",
    example: "http://db:8091/",
  }),
  jobs: option.custom({ form: `some of ${JOB_KINDS.join(", ")}, by comma`, read: readKinds }, {
    placeholder: "KIND[,KIND]",
    default: ["describe"],
    help: "kinds of jobs to take",
    example: "describe",
  }),
  programs: option.path({
    access: "programs",
    placeholder: "DIR",
    help: "folder of the programs operator and airborne, required for the jobs fly and campaign",
    example: "/usr/bin",
  }),
  work: option.path({
    access: "write",
    placeholder: "DIR",
    help: "folder that flights are made in, required for the jobs fly and campaign",
  }),
  concurrency: option.count({
    minimum: 1,
    maximum: 64,
    default: 1,
    help: "jobs at once, of each kind",
  }),
  grace: option.durationS({
    minimum: 0,
    maximum: 3600,
    default: 30,
    help: "what the job in hand gets to end in when the worker is stopped",
  }),
} as const;

type Values = OptionValues<typeof OPTIONS>;

export function workerCommand(parts: WorkerParts): Command {
  return defineCommand({
    name: "worker",
    summary: "do the work that other machines hand in",
    about: ABOUT,
    options: OPTIONS,
    examples: [
      "operator worker --dsn postgresql://worker@db/tiles --inputs /mnt/tiles/work",
      "operator worker --dsn postgresql://worker@db/tiles --inputs-url http://db:8091/ --concurrency 2",
      "operator worker --jobs fly --programs /usr/bin --work w --dsn postgresql://w@db/tiles --inputs /mnt/work",
    ],
    exitCodes: { 78: "the jobs are of another build of operator" },
    environment: { [TOKEN_VARIABLE]: "token that `operator jobs serve` asks for" },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: WorkerParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const { concurrency, dsn, grace: graceS, jobs: kinds } = values;
  const { note, signal } = io;
  io.signalEnds();
  const inputs = inputsOf(values, io);
  const flying = flyingOf(values);
  using opened = parts.openHandlers({ inputs, kinds, flying });
  const { handlers } = opened;
  try {
    await inputs.check();
    if (flying !== null) await parts.checkPrograms(flying.programs);
    await using queue = await parts.openQueue({ dsn, concurrency, note, signal });
    note(`worker of operator ${queue.program}: takes ${kinds.join(", ")}, reads ${inputs.name}`);
    const worker = `${Deno.hostname()}, process ${Deno.pid}`;
    const graceMs = 1000 * graceS;
    const done = await work(queue, { handlers, concurrency, worker, note, signal, graceMs });
    note(`${countText(done.jobs, "job")} done`);
  } catch (error) {
    // Stopped while it waited for the database or the inputs.
    if (!signal.aborted) throw error;
  }
  return EXIT.ok;
}

function flyingOf({ jobs, programs, work }: Values) {
  if (jobs.every((kind) => kind === "describe")) return null;
  if (programs === undefined || work === undefined) {
    throw new UsageError(
      "--jobs fly and campaign need --programs, the folder of operator and airborne, and --work, a folder that " +
        "flights are made in",
    );
  }
  return { programs: resolve(programs), workFolder: resolve(work) };
}

function inputsOf({ inputs, inputsUrl }: Values, { note, signal }: CommandIo): InputSource {
  if ((inputs === undefined) === (inputsUrl === undefined)) {
    throw new UsageError("give --inputs or --inputs-url: where the inputs of jobs lie");
  }
  if (inputs !== undefined) return sharedFolder(inputs);
  return httpInputs({ url: inputsUrl as string, token: workersToken(), note, signal });
}

function readKinds(text: string): readonly JobKind[] | Refused {
  const kinds: JobKind[] = [];
  for (const word of text.split(",")) {
    const kind = JOB_KINDS.find((each) => each === word);
    if (kind === undefined) return new Refused(`there is no kind "${word}"`);
    if (!kinds.includes(kind)) kinds.push(kind);
  }
  return kinds;
}
