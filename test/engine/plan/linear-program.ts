/** Rows over integer variables, written in the LP format that HiGHS reads. */
export type Terms = Map<string, number>;

export function terms(...pairs: readonly (readonly [name: string, factor: number])[]): Terms {
  return new Map(pairs);
}

export class LinearProgram {
  private readonly rows: string[] = [];
  private readonly integers = new Set<string>();
  private readonly binaries = new Set<string>();

  row(sum: Terms, sign: "<=" | ">=" | "=", bound: number): void {
    if (sum.size > 0) this.rows.push(`${written(sum)} ${sign} ${bound}`);
  }

  integer(name: string): string {
    this.integers.add(name);
    return name;
  }

  binary(name: string): string {
    this.binaries.add(name);
    return name;
  }

  hasBinary(name: string): boolean {
    return this.binaries.has(name);
  }

  maximising(objective: Terms): string {
    return [
      "Maximize",
      ` objective: ${written(objective)}`,
      "Subject To",
      ...this.rows.map((row, i) => ` r${i}: ${row}`),
      "General",
      ` ${[...this.integers].join(" ")}`,
      ...(this.binaries.size > 0 ? ["Binary", ` ${[...this.binaries].join(" ")}`] : []),
      "End",
    ].join("\n");
  }
}

function written(sum: Terms): string {
  const parts = [...sum].filter(([, factor]) => factor !== 0);
  if (parts.length === 0) return "0 nothing";
  return parts.map(([name, factor]) => `${factor < 0 ? "-" : "+"} ${Math.abs(factor)} ${name}`).join(" ");
}
