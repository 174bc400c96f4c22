/** What a worker says to the process that started it. */
import type { Metrics } from "./platform/metrics.ts";
import type { PrimaryMessage, WorkerMessage, WorkerOrders } from "./workers.ts";

export function ordersOf(argv: readonly string[]): WorkerOrders {
  return JSON.parse(argv[2] ?? "") as WorkerOrders;
}

const say = (message: WorkerMessage) => void process.send?.(message, undefined, undefined, () => {});

export const sayReady = (address: string) => say({ type: "ready", address });

/** Tells its figures when asked, and asks for those of all. */
export function shareMetrics(own: () => Metrics | undefined): () => Promise<string> {
  const waiting = new Map<number, (text: string) => void>();
  let asked = 0;
  process.on("message", (message: PrimaryMessage) => {
    if (message.type === "metrics of all") {
      waiting.get(message.question)?.(message.text);
      waiting.delete(message.question);
      return;
    }
    const { question } = message;
    own()
      ?.registry.getMetricsAsJSON()
      .then(
        (metrics) => say({ type: "metrics", question, metrics }),
        () => say({ type: "metrics", question, metrics: [] }),
      );
  });
  return () =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      say({ type: "metrics wanted", question: asked });
    });
}
