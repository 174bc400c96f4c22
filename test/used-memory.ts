import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What is in use after all that nobody holds any more was let go. For tests of what is forgotten: what leaks never goes down again. */
export function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
