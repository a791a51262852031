/** What a killed run of `operator provision` leaves is gone on with; what is damaged in it is not believed. */
import assert from "node:assert/strict";
import { PlaceJournal } from "../../src/workstation/provisioning/place_journal.ts";
import { inScratch } from "../support/scratch.ts";

const KEY = new Uint8Array(32).fill(7);
const row = (value: number) => new Float32Array(4).fill(value);
const options = { key: KEY, dimension: 4, places: 10 };

Deno.test("PlaceJournal has what was appended, up to the first record that is not whole", () =>
  inScratch(async (folder) => {
    {
      using journal = await PlaceJournal.open(folder, options);
      assert.equal(journal.resumed, 0);
      await assert.rejects(PlaceJournal.open(folder, options), { name: "FolderLockedError" });
      journal.append(0, row(0.1));
      journal.append(1, null);
      journal.append(2, row(0.3));
    }
    const path = `${folder}/${KEY.toHex().slice(0, 32)}.places`;
    const whole = await Deno.readFile(path);
    const kept = async () => {
      using journal = await PlaceJournal.open(folder, options);
      return [journal.resumed, ...journal.rows.slice(0, 3)];
    };
    assert.deepEqual(await kept(), [3, row(0.1), null, row(0.3)]);
    for (const cut of [1, 17, 28, 29]) {
      await Deno.writeFile(path, whole.subarray(0, whole.length - cut));
      const count = cut > 28 ? 1 : 2;
      assert.deepEqual((await kept())[0], count, `${cut} bytes less`);
      {
        using journal = await PlaceJournal.open(folder, options);
        journal.append(count, row(0.5));
      }
      assert.deepEqual((await kept())[0], count + 1, "it goes on behind the last whole one");
    }
    const flipped = whole.slice();
    flipped[40 + 28 + 9] ^= 1;
    await Deno.writeFile(path, flipped);
    assert.equal((await kept())[0], 1);
    flipped[8] ^= 1;
    await Deno.writeFile(path, flipped);
    assert.equal((await kept())[0], 0, "another key");
    {
      using journal = await PlaceJournal.open(folder, { ...options, key: KEY.with(0, 1) });
      assert.equal(journal.resumed, 0);
      await journal.remove();
    }
  }));
