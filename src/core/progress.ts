/**
 * Progress on stderr: a bar that redraws itself on a terminal, a line now and then elsewhere.
 * Written here because npm cli-progress draws nothing at all when stderr is not a terminal.
 *
 * @module
 */
import type { Progress } from "./command_line/command_io.ts";

/** Where a bar is drawn. */
export interface ProgressTerminal {
  /** Writes to stderr without a line end. */
  write(text: string): void;
  /** False: no cursor movement, only whole lines. */
  readonly interactive: boolean;
  /** Milliseconds of any monotonic clock. */
  now(): number;
  /** Width of a line; a longer one could not be drawn over. */
  columns?(): number;
}

const REDRAW_MS = 100;
const LINE_EVERY_MS = 10_000;
const BAR_WIDTH = 24;
const COLUMNS_DEFAULT = 80;

/**
 * A bar of `total` steps; a total of 0 counts without an end, of a total of 1 only the share is
 * shown.
 */
export function startProgress(label: string, total: number, terminal: ProgressTerminal): Progress {
  const startMs = terminal.now();
  const { interactive } = terminal;
  let lastMs = interactive ? -Infinity : startMs;
  let drawn = 0;
  let done = 0;
  let note = "";
  let ended = false;

  const draw = (final: boolean) => {
    const nowMs = terminal.now();
    const every = interactive ? REDRAW_MS : LINE_EVERY_MS;
    if (!final && nowMs - lastMs < every) return;
    // What was over before a first line was due needs no line at all.
    if (final && !interactive && drawn === 0) return;
    lastMs = nowMs;
    drawn++;
    const columns = interactive ? terminal.columns?.() ?? COLUMNS_DEFAULT : Infinity;
    const line = render({ label, done, total, note }, (nowMs - startMs) / 1000, columns);
    terminal.write(interactive ? `\r\x1b[2K${line}${final ? "\n" : ""}` : `${line}\n`);
  };
  const end = (word = "") => {
    if (ended) return;
    ended = true;
    note = word;
    draw(true);
  };
  return {
    update(count, word = "") {
      if (ended) return;
      done = count;
      note = word;
      draw(false);
    },
    end,
    [Symbol.dispose]: () => end(note),
  };
}

/** A bar that prints nothing. */
export function silentProgress(): Progress {
  return { update: () => {}, end: () => {}, [Symbol.dispose]: () => {} };
}

interface Shown {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly note: string;
}

/** A bar where `columns` is finite and leaves room for one; never longer than `columns`. */
function render({ label, done, total, note }: Shown, elapsedS: number, columns: number): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const count = total > 0 ? `${round(done)}/${round(total)}` : round(done);
  const parts = [
    ...(total > 0 ? [`${Math.round(share * 100)} %`.padStart(5)] : []),
    ...(total === 1 ? [] : [count]),
    durationText(elapsedS),
    ...(share > 0 && share < 1 && elapsedS > 2
      ? [`${durationText(elapsedS * (1 - share) / share)} left`]
      : []),
    ...(note === "" ? [] : [note]),
  ];
  const text = [label, ...parts].join("  ");
  const room = Number.isFinite(columns) && total > 0 ? columns - 1 - text.length - 2 : 0;
  if (room < BAR_WIDTH) return text.slice(0, Math.max(0, columns - 1));
  const filled = Math.round(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  return [label, bar, ...parts].join("  ");
}

function round(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(1);
}

/** "59 s", "1 min 36 s", "2 h 5 min". */
function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}
