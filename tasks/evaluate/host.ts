/**
 * What the cases share: work folder, notes and prepared packages.
 *
 * @module
 */
/** Strategies to fly with; null: the default. */
export interface FlownWith {
  readonly matcher: string | null;
  readonly estimator: string | null;
}

export interface CaseHost {
  /** Work folder of the whole run, inside of the project. */
  readonly work: string;
  readonly signal: AbortSignal;
  /** Whether flights make tiles, which are measured as well. */
  readonly tiles?: boolean;
  /** Absent: with the defaults. */
  readonly flownWith?: FlownWith;
  /** Model of the matcher, where it needs one. */
  readonly model?: string | null;
  /** Further settings of airborne, YAML; absent: the defaults. */
  readonly settings?: string;
  /** A flight without a single fix is a result. */
  readonly mayFindNothing?: boolean;
  /** What workers have flown lies in the work folder. */
  readonly mayBeFlown?: boolean;
  /** The current step, for people: "replay, 40 of 300 frames". */
  note(text: string): void;
}

/** Prepared packages, by what they were made from. */
export type PackageCache = Map<string, string>;

/** Folder of a case in the work folder. */
export function caseFolder(host: Pick<CaseHost, "work">, name: string): string {
  return `${host.work}/${name}`;
}

/** The chosen strategies, for names and paths. */
export function chosenNames(flownWith: FlownWith | undefined): string[] {
  return [flownWith?.matcher, flownWith?.estimator].filter((name) => typeof name === "string");
}

/** What each choice of strategies flies has a folder of its own. */
export function outFolder(folder: string, { flownWith }: CaseHost): string {
  return [folder, ...chosenNames(flownWith)].join("/");
}

/**
 * Notes on stderr: one line that is written over on a terminal, else one line per stage (the words
 * before the comma).
 */
export function noteWriter(label: string): { note(text: string): void; end(): void } {
  const terminal = Deno.stderr.isTerminal();
  let stage = "";
  return {
    note(text) {
      if (terminal) {
        Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${label}: ${text}`));
        stage = text;
      } else if (text.split(",")[0] !== stage) {
        stage = text.split(",")[0];
        console.error(`${label}: ${text}`);
      }
    },
    end() {
      if (terminal && stage !== "") console.error("");
    },
  };
}
