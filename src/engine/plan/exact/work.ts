/** How much may be done for one evaluation. Counted in operations, never in time, so that the same cart always gets the same plan. */
export class Work {
  private left: number;

  constructor(operations: number) {
    this.left = operations;
  }

  spend(operations: number): void {
    this.left -= operations;
  }

  isSpent(): boolean {
    return this.left <= 0;
  }
}
