/** Price lists, wired. Part of the composition root. */
import { priceListBulkService } from "../features/price-lists/price-list-bulk-service.ts";
import { priceListOperations, priceListStreams } from "../features/price-lists/price-list-operations.ts";
import { type PriceListOptions, priceListService } from "../features/price-lists/price-list-service.ts";

export function priceListServices(options: PriceListOptions) {
  const priceLists = priceListService(options);
  return {
    operations: priceListOperations(priceLists),
    streams: priceListStreams(priceListBulkService({ ...options, priceLists })),
  };
}
