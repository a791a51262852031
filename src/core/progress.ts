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
}

const REDRAW_MS = 100;
const LINE_EVERY_MS = 10_000;
const BAR_WIDTH = 24;

/** A bar of `total` steps; a total of 0 counts without an end. */
export function startProgress(label: string, total: number, terminal: ProgressTerminal): Progress {
  const startMs = terminal.now();
  let lastMs = terminal.interactive ? -Infinity : startMs;
  let done = 0;
  let note = "";
  let ended = false;

  const draw = (final: boolean) => {
    const nowMs = terminal.now();
    const every = terminal.interactive ? REDRAW_MS : LINE_EVERY_MS;
    if (!final && nowMs - lastMs < every) return;
    lastMs = nowMs;
    const line = render(label, done, total, (nowMs - startMs) / 1000, note, terminal.interactive);
    terminal.write(terminal.interactive ? `\r\x1b[2K${line}${final ? "\n" : ""}` : `${line}\n`);
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

function render(
  label: string,
  done: number,
  total: number,
  elapsedS: number,
  note: string,
  bar: boolean,
): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const filled = Math.round(share * BAR_WIDTH);
  const parts = [label];
  if (total > 0) {
    if (bar) parts.push("█".repeat(filled) + "░".repeat(BAR_WIDTH - filled));
    parts.push(`${Math.round(share * 100)} %`.padStart(5), `${round(done)}/${round(total)}`);
  } else {
    parts.push(`${round(done)}`);
  }
  parts.push(seconds(elapsedS));
  if (share > 0 && share < 1 && elapsedS > 2) {
    parts.push(`${seconds(elapsedS * (1 - share) / share)} left`);
  }
  if (note !== "") parts.push(note);
  return parts.join("  ");
}

function round(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(1);
}

function seconds(value: number): string {
  return value < 100 ? `${value.toFixed(0)} s` : `${Math.floor(value / 60)} min`;
}
