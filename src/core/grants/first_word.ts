/**
 * Which command a command line names, as far as its permission set depends on it.
 *
 * @module
 */

/** "worker" of `--quiet worker --dsn …`; undefined where no word stands first. */
export function firstWord(args: readonly string[]): string | undefined {
  return args.find((arg) => !/^(--quiet|--verbose)$/.test(arg));
}
