/** What we use of jstat, which brings no types. */
declare module "jstat" {
  interface StudentT {
    /** The part of Student's t distribution below `t`. */
    cdf(t: number, degreesOfFreedom: number): number;
    inv(probability: number, degreesOfFreedom: number): number;
  }
  const jstat: {
    readonly studentt: StudentT;
    readonly normal: {
      cdf(z: number, mean: number, deviation: number): number;
      inv(probability: number, mean: number, deviation: number): number;
    };
    readonly chisquare: { cdf(value: number, degreesOfFreedom: number): number };
  };
  export default jstat;
}
