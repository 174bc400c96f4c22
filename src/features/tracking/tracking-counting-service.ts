/** What others may ask of the events that were told. */
export { countTrackedEvents, type TrackedEventCount } from "./tracking-counting-store.ts";
