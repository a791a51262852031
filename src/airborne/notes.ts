/**
 * Lines for the person at the terminal.
 *
 * @module
 */

/** Takes one line without its end. It must not throw. */
export type Note = (line: string) => void;

/** A terminal that is closed, or a full disk behind it, loses the line and does not stop the flight. */
export function nonThrowingNote(write: (line: string) => void): Note {
  return (line) => {
    try {
      write(line);
    } catch {
      // There is no other way to reach the person.
    }
  };
}
