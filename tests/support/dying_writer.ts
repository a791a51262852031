/**
 * The recorder's writer, which ends by an uncaught error a while after a flight was opened.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
self.addEventListener("message", ({ data }: MessageEvent<{ readonly name: string }>) => {
  if (data.name !== "openFlight") return;
  setTimeout(() => {
    throw new Error("the writer's last words");
  }, 300);
});
await import("../../src/flight/flight_recorder/writer_worker.ts");
