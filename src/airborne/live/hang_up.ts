/**
 * A terminal that goes away (a radio link that is lost, a lid that is closed) sends SIGHUP, which would end
 * the program, and with it the positions that the aircraft flies by.
 *
 * @module
 */

/** Until it is disposed of a flight goes on without its terminal; `onFirst` hears of it once. */
export function flyOnWithoutTerminal(onFirst: () => void): Disposable {
  let isGone = false;
  const listener = () => {
    if (!isGone) onFirst();
    isGone = true;
  };
  Deno.addSignalListener("SIGHUP", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", listener) };
}
