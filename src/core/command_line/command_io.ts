/**
 * What a command is given to speak with a person and with other programs.
 *
 * @module
 */
/** A bar on stderr (or a line now and then where stderr is no terminal); silent with `--quiet`. */
export interface Progress extends Disposable {
  /** `done` of the total; `note` is a short word on what is being done. */
  update(done: number, note?: string): void;
  /** Finishes the bar. */
  end(note?: string): void;
}

export interface CommandIo {
  /** One line on stdout: results. */
  out(line: string): void;
  /** One line on stderr: something went wrong, is damaged or left out. Shown even with `--quiet`. */
  err(line: string): void;
  /** One line on stderr: good to know. Not with `--quiet`. */
  note(line: string): void;
  /** One line on stderr: how it goes about it. Only with `--verbose`. */
  detail(line: string): void;
  progress(label: string, total: number): Progress;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** From here on a signal ends the command as it should end: its own exit code stands. */
  signalEnds(): void;
}
