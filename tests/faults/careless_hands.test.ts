/**
 * Every command as a person in a hurry calls it: a path that is not there, a file where a folder
 * belongs and the other way round, an empty file, text, a named pipe that nobody writes to, a name that
 * is too long. It must end with a
 * code of the table and one message that names the path, without a stack trace, and leave nothing.
 */
import assert from "node:assert/strict";
import {
  type Command,
  EXIT_CODES,
  type Option,
  optionName,
  removeIfPresent,
} from "../../src/core/mod.ts";
import { inScratch } from "../support/scratch.ts";
import { EVERY_COMMAND, runInProcess } from "./in_process.ts";
import { filesBelow } from "./programs.ts";

/** A value that is written as its option wants it. */
function plausible(key: string, { placeholder, choices, access }: Option): string {
  if (choices.length > 0) return choices[0];
  if (access === "provider") return "https://127.0.0.1:1/";
  if (access === "link") return "tcp:127.0.0.1:1";
  if (access !== null) return `untouched_${key}`;
  const byPlaceholder: Readonly<Record<string, string>> = {
    "LAT,LON": "50.4,30.5",
    "SOUTH,WEST,NORTH,EAST": "50.4,30.4,50.41,30.41",
    DATE: "2026-01-31",
    CAPTURED_AT: "2026-01-31",
    LAT: "50.4",
    LON: "30.5",
    NAME: "name",
    TILE: "bing/18/77213/106845",
    FILE: `untouched_${key}`,
  };
  return byPlaceholder[placeholder ?? ""] ?? "1";
}

/** They make the folder of the tile cache where it is absent. */
const MAKERS = ["tiles import", "cache import", "tiles download", "collect", "cache sector add"];

/** What is wrong is a line of their report, which is what was asked for. */
const REPORTS = ["preflight"];

/** For these an empty folder is an answer: nothing is in it. */
const LISTS = ["engines list"];

/** One command line for each path that the command reads, with `path` there. */
function linesWith({ name, arguments: words, options }: Command, path: string): string[][] {
  const isRead = ({ access }: Option) => access === "read";
  if (REPORTS.includes(name) || path === "folder" && LISTS.includes(name)) return [];
  const targets = [
    ...Object.entries(words).filter(([, one]) => isRead(one)),
    ...Object.entries(options).filter(([key, one]) =>
      isRead(one) || key === "data" && !(MAKERS.includes(name) && FINE_PLACES.includes(path))
    ),
  ].map(([key]) => key);
  return targets.map((target) => [
    ...Object.entries(words).map(([key, one]) => key === target ? path : plausible(key, one)),
    ...Object.entries(options).flatMap(([key, one]) => {
      if (key !== target && !one.isRequired) return [];
      return [`--${optionName(key)}`, key === target ? path : plausible(key, one)];
    }),
  ]);
}

const FINE_PLACES = ["nowhere", "folder"];
const LONG = "x".repeat(5000);
const CODES = new Set(EXIT_CODES.map(({ code }) => code));

Deno.test("a path that is wrong is a message and an exit code of the table, and leaves nothing", async () => {
  const before = Deno.cwd();
  let tried = 0;
  const faults: string[] = [];
  await inScratch(async (folder) => {
    Deno.chdir(folder);
    try {
      await Deno.mkdir("folder");
      await Deno.writeTextFile("text.txt", "hello\n");
      await Deno.writeTextFile("empty", "");
      assert.ok((await new Deno.Command("mkfifo", { args: ["pipe"] }).output()).success);
      const there = await filesBelow(folder);
      for (const path of ["nowhere", "folder", "text.txt", "empty", "pipe", "text.txt/x", LONG]) {
        for (const [program, command] of EVERY_COMMAND) {
          for (const line of linesWith(command, path)) {
            tried++;
            const args = [...command.name.split(" "), ...line];
            const { code, err } = await runInProcess(program, args);
            const left = await filesBelow(folder);
            const isWrong = code === 0 || code === 70 || !CODES.has(code) || !/\S/.test(err) ||
              /\n {4}at |os error|undefined|\[object/.test(err) || err.length > 1500 ||
              left.join() !== there.join();
            if (!isWrong) continue;
            const called = `${program} ${args.join(" ").slice(0, 200)}`;
            faults.push(`${called}: ${code}: ${err.slice(0, 1500)} ${left.join(" ")}`);
            for (const name of left.filter((entry) => !there.includes(entry))) {
              await removeIfPresent(`${folder}/${name.split(" ")[0]}`);
            }
          }
        }
      }
    } finally {
      Deno.chdir(before);
    }
  });
  assert.equal(faults.join("\n"), "");
  assert.ok(tried > 150, `${tried}`);
});
