/** A kernel without Landlock, played by a filter that answers its system calls with "no such call". */
import assert from "node:assert/strict";
import { PYTHON } from "../support/python.ts";
import { inScratch } from "../support/scratch.ts";
import { built, runBuilt } from "./built.ts";

/** landlock_create_ruleset is 444 on every architecture; the filter is inherited by what is executed. */
const WITHOUT_LANDLOCK = `
import ctypes, os, struct, sys
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ENOSYS = 0x7fff0000, 0x00050000 | 38
program = [(LOAD, 0, 0, 0), (EQUAL, 0, 1, 444), (RETURN, 0, 0, ENOSYS), (RETURN, 0, 0, ALLOW)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
filter = Program(len(program), ctypes.addressof(code))
NO_NEW_PRIVS, SECCOMP, FILTER = 38, 22, 2
assert libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) == 0
assert libc.prctl(SECCOMP, FILTER, ctypes.byref(filter), 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
`;

Deno.test({
  name: "on a kernel without Landlock airborne starts, and says that files are confined less",
  ignore: PYTHON === undefined,
  fn: () =>
    inScratch(async (folder) => {
      const start = (...args: string[]) =>
        runBuilt(
          { file: PYTHON as string },
          ["-c", WITHOUT_LANDLOCK, built("airborne"), ...args],
          { cwd: folder },
        );
      const replay = await start("replay", `${folder}/absent`, "--package", `${folder}/absent`);
      assert.equal(replay.code, 66, replay.err);
      assert.match(replay.err, /^this kernel has no Landlock: .*\n.*there is no such/);
      const version = await start("--version");
      assert.equal(version.code, 0);
      assert.equal(version.err, "");
    }),
});
