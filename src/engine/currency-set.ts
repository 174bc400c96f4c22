/** The currencies in which every amount of a promotion is given. */
export class CurrencySet {
  allowed: ReadonlySet<string> | null = null;

  add(codes: readonly string[]): void {
    const before = this.allowed;
    this.allowed = new Set(before === null ? codes : codes.filter((code) => before.has(code)));
  }
  get areContradictory(): boolean {
    return this.allowed !== null && this.allowed.size === 0;
  }
}
