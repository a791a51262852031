/**
 * `operator jobs list|show|retry|cancel`: the work that was handed in for other machines.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  countText,
  defineCommand,
  EXIT,
  type ExitCode,
  GdnError,
  option,
} from "../../core/mod.ts";
import {
  cancelJobs,
  type JobState,
  type JobView,
  listJobs,
  retryJobs,
  showJob,
  type WorkQueue,
} from "../../workstation/work_queue/mod.ts";

interface JobsParts {
  openQueue(
    settings: { readonly dsn: string } & Pick<CommandIo, "note" | "signal">,
  ): Promise<WorkQueue>;
}

const STATES = ["created", "retry", "active", "completed", "failed", "cancelled"] as const;
const LISTED_MAX = 1000;

const DSN_OPTION = {
  dsn: option.database({
    required: true,
    help: "PostgreSQL server that has the jobs",
    example: "postgresql://me@db/tiles",
  }),
} as const;

/** Which jobs to change. */
const WHICH_OPTIONS = {
  run: option.uuid({ help: "all of this run", group: "Which jobs" }),
  job: option.uuid({ help: "this one", group: "Which jobs" }),
  ...DSN_OPTION,
} as const;

export function jobsCommands(parts: JobsParts): readonly Command[] {
  return [
    listCommand(parts),
    showCommand(parts),
    changeCommand(parts, {
      name: "jobs retry",
      summary: "try jobs again that were set aside or cancelled",
      about:
        "\nJobs that were set aside (failed) get one attempt more; those that were cancelled are taken up again.",
      done: "to be tried again",
      change: retryJobs,
    }),
    changeCommand(parts, {
      name: "jobs cancel",
      summary: "take jobs back that are not done",
      about:
        "\nNobody takes the jobs any more. A worker that has one in hand is told at its next heartbeat, and its " +
        "result is refused. The run that waits for them ends with 3.",
      done: "cancelled",
      change: cancelJobs,
    }),
  ];
}

function listCommand(parts: JobsParts): Command {
  return defineCommand({
    name: "jobs list",
    summary: "what was handed in for workers, and who has it in hand",
    about: `
One line for each job, in the order in which they were handed in: state, attempts, age, who has it in hand (or
had it last), and its last error. A job that failed in all of its attempts is set aside: state failed.`,
    options: {
      state: option.choice(STATES, { help: "only jobs in this state", absent: "all" }),
      run: option.uuid({ help: "only jobs of this run" }),
      limit: option.count({
        minimum: 1,
        maximum: 1_000_000,
        default: LISTED_MAX,
        help: "list at most so many",
      }),
      ...DSN_OPTION,
    },
    json: "one JSON object per job",
    examples: ["operator jobs list --dsn postgresql://me@db/tiles --state failed"],
    async run({ dsn, state, run, limit, json }, io) {
      await using queue = await parts.openQueue({ dsn, note: io.note, signal: io.signal });
      const jobs = await listJobs(queue.sql, {
        ...state === undefined ? {} : { states: [state satisfies JobState] },
        ...run === undefined ? {} : { run },
        limit,
      });
      for (const job of jobs) io.out(json ? JSON.stringify({ type: "job", ...job }) : textOf(job));
      if (!json) io.note(countText(jobs.length, "job"));
      return EXIT.ok;
    },
  });
}

function showCommand(parts: JobsParts): Command {
  return defineCommand({
    name: "jobs show",
    summary: "all that is known of one job",
    about: "\nThe job as it was handed in, its attempts, and why the last one failed.",
    arguments: {
      job: option.uuid({ required: true, help: "as `operator jobs list` prints it" }),
    },
    options: DSN_OPTION,
    json: "one JSON object",
    examples: [
      "operator jobs show 6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b --dsn postgresql://me@db/tiles",
    ],
    async run({ dsn, job: id, json }, io) {
      await using queue = await parts.openQueue({ dsn, note: io.note, signal: io.signal });
      const job = await showJob(queue.sql, id);
      if (job === null) throw noSuchJob(id);
      if (json) {
        io.out(JSON.stringify({ type: "job", ...job }));
        return EXIT.ok;
      }
      io.out(textOf(job));
      io.out(`  queue ${job.queue}, handed in ${job.createdAt.toISOString()}`);
      if (job.attemptAt !== null) io.out(`  last attempt began ${job.attemptAt.toISOString()}`);
      if (job.heartbeatAt !== null) io.out(`  worker heard of ${job.heartbeatAt.toISOString()}`);
      io.out(`  content ${JSON.stringify(job.data)}`);
      return EXIT.ok;
    },
  });
}

interface Change {
  readonly name: string;
  readonly summary: string;
  readonly about: string;
  readonly done: string;
  readonly change: typeof retryJobs;
}

function changeCommand(parts: JobsParts, { name, summary, about, done, change }: Change): Command {
  return defineCommand({
    name,
    summary,
    about,
    options: WHICH_OPTIONS,
    json: "one JSON object",
    examples: [
      `operator ${name} --run 6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b --dsn postgresql://me@db/tiles`,
    ],
    async run({ dsn, run, job, json }, io): Promise<ExitCode> {
      await using queue = await parts.openQueue({ dsn, note: io.note, signal: io.signal });
      if (job !== undefined && await showJob(queue.sql, job) === null) throw noSuchJob(job);
      const jobs = await change(queue, {
        ...run === undefined ? {} : { run },
        ...job === undefined ? {} : { ids: [job] },
      });
      io.out(
        json ? JSON.stringify({ type: "changed", jobs }) : `${countText(jobs, "job")} ${done}`,
      );
      return EXIT.ok;
    },
  });
}

function noSuchJob(id: string): GdnError {
  return new GdnError("NO_JOB", `There is no job ${id}; \`operator jobs list\` lists them`, {
    exitCode: EXIT.noInput,
  });
}

function textOf(job: JobView): string {
  const { id, state, first, count, attempts, attemptsMax, ageS, worker, title, lastError } = job;
  const units = first === null || count === null ? "?" : `${first}+${count}`;
  return [
    id,
    (state === "failed" ? "set aside" : state).padEnd(9),
    units.padEnd(12),
    `attempt ${attempts}/${attemptsMax}`,
    `${Math.round(ageS)} s`,
    title ?? "no run",
    worker === null ? "" : `by ${worker}`,
    lastError ?? "",
  ].filter((part) => part !== "").join("  ");
}
