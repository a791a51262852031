/**
 * Scripts for the shell of the aircraft's computer, and their answers in parts.
 *
 * @module
 */

/** One word of a POSIX shell, whatever is in it. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a script asks: the name of a part of its answer, and the commands that print it. */
export type ShellParts = Readonly<Record<string, string>>;

/**
 * Each part in a shell of its own, so that one that fails ends no other. The mark between them is new each
 * time: what lies in a file there cannot be taken for one.
 */
export function partedScript(parts: ShellParts, mark: string): string {
  const lines = Object.entries(parts).map(([name, commands]) =>
    `printf '\\n%s %s\\n' ${shellWord(mark)} ${shellWord(name)}\n(\n${commands}\n) </dev/null 2>&1`
  );
  return `${lines.join("\n")}\nprintf '\\n%s end\\n' ${shellWord(mark)}\n`;
}

/** By the name of each part, without the line end that the script adds; undefined: its answer was cut. */
export function partsOf(answer: string, mark: string): ReadonlyMap<string, string> | undefined {
  const parts = new Map<string, string>();
  let name: string | null = null, lines: string[] = [];
  for (const line of answer.split("\n")) {
    if (!line.startsWith(`${mark} `)) {
      lines.push(line);
      continue;
    }
    if (name !== null) parts.set(name, lines.join("\n"));
    name = line.slice(mark.length + 1);
    lines = [];
  }
  return name === "end" ? parts : undefined;
}
