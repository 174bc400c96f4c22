/**
 * Memory for the planner's tables: handed out piece by piece, and all of it free again when the next plan is made. A plan needs
 * dozens of small typed arrays for a fraction of a millisecond, and making each by itself would cost more than filling it.
 * A piece is the place where it begins; what stands there at first is left over.
 */
class Memory {
  ints = new Int32Array(16_384);
  doubles = new Float64Array(16_384);
  private intsTaken = 0;
  private doublesTaken = 0;

  /** To be called when nobody needs the pieces handed out so far. */
  clear(): void {
    this.intsTaken = 0;
    this.doublesTaken = 0;
  }

  takeInts(size: number): number {
    const at = this.intsTaken;
    this.intsTaken += size;
    if (this.intsTaken > this.ints.length) {
      const larger = new Int32Array(this.intsTaken * 2);
      larger.set(this.ints);
      this.ints = larger;
    }
    return at;
  }

  takeDoubles(size: number): number {
    const at = this.doublesTaken;
    this.doublesTaken += size;
    if (this.doublesTaken > this.doubles.length) {
      const larger = new Float64Array(this.doublesTaken * 2);
      larger.set(this.doubles);
      this.doubles = larger;
    }
    return at;
  }
}

/** Plans are made one after the other, each to its end. */
export const memory = new Memory();
