/** What orders of two units with the codes KEEP and BACK come to. It keeps no counter: it adds up what stands. */
export type Command =
  | { kind: "redeem"; order: number; codes: readonly string[]; mode: "reserve" | "commit" }
  | { kind: "commit" | "cancel" | "expire" | "return"; which: number };

type State = "reserved" | "committed" | "cancelled" | "expired" | "partially_returned" | "returned";

interface Standing {
  readonly id: string;
  readonly order: number;
  readonly request: string;
  readonly codes: readonly string[];
  state: State;
}

export type Expected = [status: number, codeOrIdOrState: unknown];

const limits = { "keep uses": 6, "back uses": 5, "back amount:CNY": 3_500 };

export class ReservationModel {
  private readonly redemptions: Standing[] = [];

  redemptionAt(which: number): Standing | undefined {
    return this.redemptions[which % Math.max(1, this.redemptions.length)];
  }

  /** `id`: what a new redemption was called. */
  redeem({ order, codes, mode }: Extract<Command, { kind: "redeem" }>, id: string): Expected {
    const request = `${codes} ${mode}`;
    const live = this.redemptions.find(
      (other) => other.order === order && other.state !== "cancelled" && other.state !== "expired",
    );
    if (live?.request === request) return [201, live.id];
    // The request that reserved, sent again to commit, commits that.
    if (live !== undefined && mode === "commit" && live.request === `${codes} reserve`) {
      if (live.state === "reserved") live.state = "committed";
      return [201, live.id];
    }
    if (live !== undefined && live.state !== "reserved") return [409, "order-already-redeemed"];
    if (!this.hasRoom(codes, live)) return [409, "code-not-applied"];
    if (live !== undefined) live.state = "cancelled";
    this.redemptions.push({
      id,
      order,
      request,
      codes,
      state: mode === "reserve" ? "reserved" : "committed",
    });
    return [201, id];
  }

  /** False: there is nothing to expire. */
  expire(target: Standing): boolean {
    if (target.state !== "reserved") return false;
    target.state = "expired";
    return true;
  }

  settle(kind: "commit" | "cancel" | "return", target: Standing): Expected {
    const { state } = target;
    const conflict: Expected = [409, "redemption-state-conflict"];
    switch (kind) {
      case "commit":
        if (state === "expired") return [409, "redemption-expired"];
        if (state === "cancelled") return conflict;
        if (state === "reserved") target.state = "committed";
        return [200, target.state];
      case "cancel":
        if (state === "partially_returned" || state === "returned") return conflict;
        if (state !== "expired") target.state = "cancelled";
        return [200, target.state];
      case "return":
        if (state !== "committed" && state !== "partially_returned") return conflict;
        target.state = state === "committed" ? "partially_returned" : "returned";
        return [200, target.state];
    }
  }

  taken(without?: Standing): Record<string, number> {
    const sums: Record<string, number> = {};
    const add = (name: string, amount: number) => {
      if (amount > 0) sums[name] = (sums[name] ?? 0) + amount;
    };
    for (const redemption of this.redemptions) {
      const { state, codes } = redemption;
      if (redemption === without || state === "cancelled" || state === "expired") continue;
      if (codes.includes("KEEP")) {
        add("keep uses", 1);
        add("keep amount:CNY", 1_000);
      }
      if (codes.includes("BACK")) {
        add("back uses", state === "returned" ? 0 : 1);
        add("back amount:CNY", state === "returned" ? 0 : state === "partially_returned" ? 500 : 1_000);
      }
    }
    return sums;
  }

  /** The order's own reservation is not in its way. */
  private hasRoom(codes: readonly string[], own: Standing | undefined): boolean {
    const others = this.taken(own);
    const wanted: Record<string, number> = {
      ...(codes.includes("KEEP") && { "keep uses": 1 }),
      ...(codes.includes("BACK") && { "back uses": 1, "back amount:CNY": 1_000 }),
    };
    return Object.entries(wanted).every(
      ([name, amount]) => (others[name] ?? 0) + amount <= limits[name as keyof typeof limits],
    );
  }
}
