/**
 * The one table of exit codes; a test holds the README, the help texts and the manual pages to it.
 *
 * @module
 */
import { EXIT, type ExitCode } from "../errors.ts";

/** What a shell reports for a program that SIGINT ended. */
export const EXIT_INTERRUPTED = 130;
/** What a shell reports for a program whose reader closed the pipe (`… | head`). */
export const EXIT_BROKEN_PIPE = 141;

type AnyExitCode = ExitCode | typeof EXIT_INTERRUPTED | typeof EXIT_BROKEN_PIPE;

const MEANINGS: Readonly<Record<AnyExitCode, string>> = {
  [EXIT.ok]: "done",
  [EXIT.failure]: "nothing can be read, or it cannot be done with what is there",
  [EXIT.recorderOpen]: "the flight recorder cannot be opened",
  [EXIT.lossy]: "done, but some input is damaged or missing",
  [EXIT.usage]: "wrong command line",
  [EXIT.data]: "wrong data; the message names the file and the remedy",
  [EXIT.noInput]: "no such file or folder",
  [EXIT.unavailable]: "something is not installed, or a server does not answer",
  [EXIT.software]: "an internal error of the program",
  [EXIT.cannotCreate]: "the output exists already, or cannot be made",
  [EXIT.io]: "the disk is full or failed",
  [EXIT.tryAgain]: "try again later; the message says when",
  [EXIT.refused]: "not permitted",
  [EXIT.configuration]: "wrong configuration",
  [EXIT_INTERRUPTED]: "stopped by a signal",
  [EXIT_BROKEN_PIPE]: "whoever read the output went away",
};

/** In ascending order. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = Object
  .entries(MEANINGS).map(([code, meaning]) => ({ code: Number(code), meaning }));
