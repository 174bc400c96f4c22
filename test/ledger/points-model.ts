/** Points one by one, as a child would count them: what the ledger of points must come to. */

export interface ModelLot {
  readonly id: string;
  readonly availableAt: number;
  readonly expiresAt: number | null;
}

interface Point {
  readonly lot: ModelLot;
  state: "pending" | "available" | "reserved" | "spent" | "expired" | "gone";
  spend: string | null;
}

export class PointsModel {
  readonly points: Point[] = [];
  debt = 0;
  private readonly reversed = new Map<string, number>();

  earn(lot: ModelLot, count: number, now: number): void {
    const state = lot.availableAt > now ? "pending" : "available";
    for (let index = 0; index < count; index++) this.points.push({ lot, state, spend: null });
    this.repay();
  }

  /** `over`: reservations whose time is up. */
  tick(now: number, over: readonly string[] = []): void {
    for (const spend of over) this.giveBack(spend, Infinity);
    for (const point of this.points)
      if (point.state === "pending" && point.lot.availableAt <= now) point.state = "available";
    this.repay();
    for (const point of this.points)
      if (point.state === "available" && (point.lot.expiresAt ?? Infinity) <= now) point.state = "expired";
  }

  /** False where there are too few. */
  spend(spend: string, count: number, state: "reserved" | "spent" | "gone"): boolean {
    const free = this.available();
    if (free.length < count) return false;
    for (const point of free.slice(0, count)) Object.assign(point, { state, spend });
    return true;
  }

  complete(spend: string): void {
    for (const point of this.heldBy(spend)) point.state = "spent";
  }

  giveBack(spend: string, count: number): void {
    for (const point of this.heldBy(spend).slice(0, count))
      Object.assign(point, { state: "available", spend: null });
    this.repay();
  }

  /** Altogether `asked` of the lot. */
  reverse(lot: string, asked: number): void {
    const before = this.reversed.get(lot) ?? 0;
    if (asked <= before) return;
    this.reversed.set(lot, asked);
    const own = this.points.filter((point) => point.lot.id === lot);
    const found = [
      ...own.filter(({ state }) => state === "pending" || state === "available"),
      ...own.filter(({ state }) => state === "expired"),
      ...this.available().filter((point) => point.lot.id !== lot),
    ].slice(0, asked - before);
    for (const point of found) point.state = "gone";
    this.debt += asked - before - found.length;
  }

  count(state: Point["state"]): number {
    return this.points.filter((point) => point.state === state).length;
  }

  heldBy(spend: string): Point[] {
    return this.points
      .filter((point) => point.spend === spend && (point.state === "reserved" || point.state === "spent"))
      .sort(bySooner)
      .reverse();
  }

  remaining(): Record<string, number> {
    const left: Record<string, number> = {};
    for (const { lot, state } of this.points)
      if (state === "pending" || state === "available") left[lot.id] = (left[lot.id] ?? 0) + 1;
    return left;
  }

  private available(): Point[] {
    return this.points.filter(({ state }) => state === "available").sort(bySooner);
  }

  private repay(): void {
    for (const point of this.available()) {
      if (this.debt === 0) return;
      this.debt -= 1;
      point.state = "gone";
    }
  }
}

function bySooner(a: Point, b: Point): number {
  const [first, second] = [a.lot.expiresAt ?? Infinity, b.lot.expiresAt ?? Infinity];
  return first === second ? (a.lot.id < b.lot.id ? -1 : a.lot.id > b.lot.id ? 1 : 0) : first - second;
}
