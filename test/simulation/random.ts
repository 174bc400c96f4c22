/** Chance that can be had again: everything follows from the seed. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). Mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** 0 … below − 1 */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  happens(share: number): boolean {
    return this.next() < share;
  }

  oneOf<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
}

/** `SEED=…` runs a simulation again as it was. */
export function seedOf(environment: NodeJS.ProcessEnv): number {
  return environment.SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(environment.SEED);
}
