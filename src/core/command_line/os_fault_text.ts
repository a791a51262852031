/**
 * What the operating system says, in words that name the file and what is wrong with it.
 *
 * @module
 */

/** By errno of Linux. */
const WORDS: Readonly<Record<number, string>> = {
  1: "the system does not permit it",
  2: "there is no such file or folder",
  5: "the disk failed",
  13: "its permissions do not allow it",
  17: "it exists already",
  20: "it, or what it is said to lie in, is no folder",
  21: "it is a folder, not a file",
  24: "too many files are open",
  26: "it is in use",
  27: "it would be too large",
  30: "it is on a disk that can only be read",
  36: "the name is too long",
  39: "the folder is not empty",
  40: "too many links lead on from it",
  116: "the file server does not know it any more",
  121: "the device failed",
};

/**
 * "Not a directory (os error 20): stat 'a/b'" → "a/b: it, or what …"; the path is left out where the
 * text before has it already. Other text stays.
 */
export function osFaultText(text: string): string {
  return text.replaceAll(
    /[A-Z][\w /]* \(os error (\d+)\)(?:: \w+ '([^']*)')?(?: -> '([^']*)')?/g,
    (said: string, errno: string, from?: string, to?: string, ...rest: unknown[]) => {
      const words = WORDS[Number(errno)];
      if (words === undefined) return said;
      const path = to ?? from;
      const before = text.slice(0, rest[0] as number);
      return path === undefined || before.includes(path) ? words : `${path}: ${words}`;
    },
  );
}
