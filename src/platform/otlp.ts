/** Sends spans to a collector by OTLP over HTTP. Loaded only where one is named, for it takes its time to load. */
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Log } from "./log.ts";

/**
 * Where to, how much and under which name is read from OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`,
 * `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`, …). A collector that is away costs no request anything: spans that find no room
 * in the queue are dropped. The function it answers sends what is left, and ends.
 */
export function startTracing(log: Log): () => Promise<void> {
  const warn = (message: string, ...rest: unknown[]) => log.warn({ rest }, `traces: ${message}`);
  const quiet = () => {};
  diag.setLogger({ error: warn, warn, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": "dealwright" }))
    .merge(detectResources({ detectors: [envDetector] }));
  const provider = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return async () => {
    await provider
      .shutdown()
      .catch((error: unknown) => log.warn({ err: error }, "the last traces were not sent"));
  };
}
