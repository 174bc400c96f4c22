import { describe, expect, test } from "vitest";
import {
  type ChainFault,
  type ChainPoint,
  ChainWalk,
  emptyHash,
  forgetting,
  sealOf,
} from "../../../src/features/audit/audit-chain.ts";
import type { AuditRow } from "../../../src/features/audit/audit-tables.ts";

const length = 1_000;
const places = process.env.LONG === "1" ? length : 50;

function unsealed(index: number): AuditRow {
  return {
    projectId: "prj_1",
    id: `aud_${String(index).padStart(5, "0")}`,
    at: `2026-11-11T00:00:00.${String(index).padStart(6, "0")}Z`,
    operation: "updatePromotion",
    resource: "promotion",
    resourceId: `prm_${index % 7}`,
    apiKeyId: "key_1",
    apiKeyName: "Marketing",
    role: "marketing",
    address: "203.0.113.0/24",
    requestId: `req_${index}`,
    before: JSON.stringify({ version: index }),
    after: JSON.stringify({ version: index + 1 }),
    sequence: null,
    hash: null,
  };
}

function sealed(rows: readonly AuditRow[], from: ChainPoint = { sequence: 0, hash: emptyHash }): AuditRow[] {
  let { sequence, hash } = from;
  return rows.map((row) => {
    sequence += 1;
    hash = sealOf(hash, sequence, row);
    return { ...row, sequence, hash };
  });
}

const trail = sealed(Array.from({ length }, (_, index) => unsealed(index)));
const pointOf = (row: AuditRow | undefined): ChainPoint => ({
  sequence: row?.sequence ?? 0,
  hash: row?.hash ?? emptyHash,
});
const head = pointOf(trail.at(-1));

function faultsIn(
  rows: readonly AuditRow[],
  chain: Partial<ConstructorParameters<typeof ChainWalk>[0]> = {},
): readonly ChainFault[] {
  const walk = new ChainWalk({
    checkpoint: { sequence: 0, hash: emptyHash },
    head,
    witnesses: [],
    ...chain,
  });
  for (const row of rows) walk.take(row);
  return walk.end();
}
const kinds = (faults: readonly ChainFault[]) => [...new Set(faults.map(({ fault }) => fault))];
/** Spread over the whole trail, both ends among them. */
const tampered = Array.from({ length: places }, (_, index) =>
  Math.round((index * (length - 1)) / (places - 1)),
);

test("an untouched trail of 1,000 entries has no fault", () => {
  expect(faultsIn(trail)).toEqual([]);
  expect(faultsIn(trail, { witnesses: trail.filter((_, index) => index % 97 === 0).map(pointOf) })).toEqual(
    [],
  );
});

describe(`in a trail of 1,000 entries, tampered with at ${places} places, one at a time`, () => {
  test("a changed entry is found at its place", () => {
    for (const place of tampered) {
      const rows = trail.with(place, { ...trail[place]!, after: JSON.stringify({ version: 0 }) });
      expect(faultsIn(rows).map(({ sequence, fault }) => [sequence, fault])).toEqual([
        [place + 1, "entry_changed"],
      ]);
    }
  });

  test("a changed entry with a hash of its own is found by the entry after it, or by the head", () => {
    for (const place of tampered) {
      const forged = { ...trail[place]!, after: JSON.stringify({ version: 0 }) };
      const before = trail[place - 1]?.hash ?? emptyHash;
      const rows = trail.with(place, { ...forged, hash: sealOf(before, place + 1, forged) });
      expect(kinds(faultsIn(rows))).toEqual([place === length - 1 ? "head_differs" : "entry_changed"]);
    }
  });

  test("a deleted entry is found at its place", () => {
    for (const place of tampered) {
      const faults = faultsIn(trail.toSpliced(place, 1));
      expect(faults[0]).toMatchObject(
        place === length - 1
          ? { fault: "head_differs", sequence: length }
          : { fault: "entry_missing", sequence: place + 1 },
      );
    }
  });

  test("a deleted entry whose followers were numbered anew is found", () => {
    for (const place of tampered) {
      const rows = trail.toSpliced(place, 1).map((row, index) => ({ ...row, sequence: index + 1 }));
      expect(faultsIn(rows).length).toBeGreaterThan(0);
    }
  });

  test("two entries that changed places are found", () => {
    for (const place of tampered) {
      const other = (place + 1) % length;
      const [a, b] = [trail[place]!, trail[other]!];
      const rows = trail
        .with(place, { ...b, sequence: a.sequence, hash: a.hash })
        .with(other, { ...a, sequence: b.sequence, hash: b.hash });
      expect(kinds(faultsIn(rows))).toEqual(["entry_changed"]);
    }
  });

  test("a trail that was cut is found by its head; cut with its head, by a head that was noted elsewhere", () => {
    for (const place of tampered) {
      const cut = trail.slice(0, place);
      expect(kinds(faultsIn(cut))).toEqual(["head_differs"]);
      expect(kinds(faultsIn(cut, { head: pointOf(cut.at(-1)), witnesses: [head] }))).toEqual([
        "witness_differs",
      ]);
    }
  });

  test("a trail written anew from a place on is found by a head that was noted elsewhere", () => {
    for (const place of tampered) {
      const forged = { ...unsealed(place), after: JSON.stringify({ version: 0 }) };
      const anew = sealed([forged, ...trail.slice(place + 1)], pointOf(trail[place - 1]));
      const rows = [...trail.slice(0, place), ...anew];
      expect(faultsIn(rows, { head: pointOf(rows.at(-1)) })).toEqual([]);
      expect(kinds(faultsIn(rows, { head: pointOf(rows.at(-1)), witnesses: [head] }))).toEqual([
        "witness_differs",
      ]);
    }
  });
});

test.each(Object.keys(unsealed(0)).filter((column) => column !== "hash"))("the seal covers %s", (column) => {
  const row = { ...trail[500]!, [column]: column === "sequence" ? 777 : "changed" };
  expect(sealOf(trail[499]!.hash!, row.sequence!, row)).not.toBe(trail[500]!.hash);
});

describe("a trail whose beginning was forgotten", () => {
  const checkpoint = pointOf(trail[299]);
  const said = { ...unsealed(length), operation: forgetting, after: JSON.stringify(checkpoint) };
  const rows = [...trail.slice(300), ...sealed([said], head)];

  test("is intact from there on, because an entry says so", () => {
    expect(faultsIn(rows, { checkpoint, head: pointOf(rows.at(-1)) })).toEqual([]);
  });

  test("is not, without that entry", () => {
    expect(kinds(faultsIn(trail.slice(300), { checkpoint }))).toEqual(["checkpoint_unexplained"]);
    const other = { sequence: 301, hash: trail[300]!.hash! };
    expect(kinds(faultsIn(rows.slice(1), { checkpoint: other, head: pointOf(rows.at(-1)) }))).toEqual([
      "checkpoint_unexplained",
    ]);
  });
});
