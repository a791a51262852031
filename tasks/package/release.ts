/**
 * What a release is called and when it was made: the same in every build of one commit.
 *
 * @module
 */
import * as z from "zod";
import { RuntimeNotAvailableError } from "../../src/core/mod.ts";
import { REPOSITORY } from "../executables.ts";

export type Program = "airborne" | "operator";
export const PROGRAMS: readonly Program[] = ["airborne", "operator"];

/** As Debian names it. */
export type Architecture = "amd64" | "arm64";

export interface Release {
  readonly version: string;
  /** Full hash; with "+changes" behind it where the checkout differed. */
  readonly commit: string;
  /** Seconds since 1970: the time of the commit, which every file in a package carries. */
  readonly epochS: number;
}

const InfoSchema = z.object({ version: z.string(), commit: z.string() });

/**
 * What the program in `tree` says of itself: the checkout may have gone on since it was built.
 *
 * @throws RuntimeNotAvailableError where neither git nor SOURCE_DATE_EPOCH tells the time
 */
export async function releaseOf(tree: string): Promise<Release> {
  const text = await Deno.readTextFile(`${tree}/build_info.json`);
  const { version, commit } = InfoSchema.parse(JSON.parse(text));
  const time = Deno.env.get("SOURCE_DATE_EPOCH") ??
    await git("log", "-1", "--format=%ct", commit.replace(/\+.*/, ""));
  const epochS = Number(time);
  if (!Number.isSafeInteger(epochS) || epochS <= 0) {
    throw new RuntimeNotAvailableError(
      `Cannot date the package: git does not know commit ${commit} that the program was built from; ` +
        "run deno task compile, or set SOURCE_DATE_EPOCH to the time of the release (s since 1970)",
    );
  }
  return { version, commit, epochS };
}

async function git(...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args,
      cwd: REPOSITORY,
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
