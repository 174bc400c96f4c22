/** The part of the composition root that is about stock. */
import type { ProjectService } from "../features/projects/project-service.ts";
import { stockAlarmService } from "../features/stock/stock-alarm-service.ts";
import { stockBulkService } from "../features/stock/stock-bulk-service.ts";
import { stockLevelsService } from "../features/stock/stock-levels-service.ts";
import { stockOperations, stockStreams } from "../features/stock/stock-operations.ts";
import { stockService } from "../features/stock/stock-service.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database.ts";
import type { Listener } from "../platform/listen.ts";
import type { Log } from "../platform/log.ts";

export function stockServices(options: {
  database: Database;
  clock: Clock;
  log: Log;
  projects: ProjectService;
  listener?: Listener | undefined;
}) {
  const levels = stockLevelsService(options);
  const stock = stockService({ ...options, levels });
  const alarm = stockAlarmService(options);
  return {
    levels,
    operations: stockOperations(stock),
    streams: stockStreams(stockBulkService(stock)),
    alarm,
    async start() {
      alarm.start();
      await levels.start();
    },
    async close() {
      await alarm.close();
      await levels.close();
    },
  };
}
