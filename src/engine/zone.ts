/** Wall clocks: what the clock on the wall shows in an IANA time zone, cheaply. */
import { Temporal } from "temporal-polyfill";

export const secondsPerDay = 86_400;
export const millisecondsPerDay = secondsPerDay * 1_000;

/** A stretch of time with one offset from UTC. Wall times are milliseconds as if the wall showed UTC. */
interface OffsetSpan {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
  /** The wall times `[gapFrom, gapUntil)` that the clock jumped over when the span began; equal if it did not. */
  readonly gapFrom: number;
  readonly gapUntil: number;
}

export interface Zone {
  readonly name: string;
  spanAt(instant: number): OffsetSpan;
  /** The first instant at which the wall shows this time; a time that is jumped over shifts forward by the jump. */
  instantOf(wall: number): number;
  /** Every instant at which the wall shows this time: none in a jump, two in a repeated hour. */
  instantsOf(wall: number): number[];
  /** The first instant of a calendar day, given as days since 1970-01-01. */
  startOfDay(day: number): number;
}

const zones = new Map<string, Zone | null>();
/** Names that are no zone are remembered too, but not without end. */
const rememberedNames = 2_000;
const rememberedSpans = 64;

/** The zone of that name, or null if there is none. */
export function findZone(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = isZoneName(name) ? makeZone(name) : null;
  if (zones.size >= rememberedNames) zones.clear();
  zones.set(name, zone);
  return zone;
}

function isZoneName(name: string): boolean {
  try {
    new Temporal.ZonedDateTime(0n, name);
    return true;
  } catch {
    return false;
  }
}

function makeZone(name: string): Zone {
  let spans: OffsetSpan[] = [];
  let latest: OffsetSpan | null = null;

  function spanAt(instant: number): OffsetSpan {
    if (latest !== null && instant >= latest.from && instant < latest.until) return latest;
    latest = spans.find((span) => instant >= span.from && instant < span.until) ?? null;
    if (latest === null) {
      latest = readSpan(name, instant);
      if (spans.length >= rememberedSpans) spans = [];
      spans.push(latest);
    }
    return latest;
  }

  function instantsOf(wall: number): number[] {
    const before = spanAt(wall - millisecondsPerDay).offset;
    const after = spanAt(wall + millisecondsPerDay).offset;
    const instants = before === after ? [wall - before] : [wall - before, wall - after];
    return instants.filter((instant) => instant + spanAt(instant).offset === wall).sort((a, b) => a - b);
  }

  const instantOf = (wall: number) => instantsOf(wall)[0] ?? wall - spanAt(wall - millisecondsPerDay).offset;

  function startOfDay(day: number): number {
    const wall = day * millisecondsPerDay;
    const instant = instantsOf(wall)[0];
    if (instant !== undefined) return instant;
    // Midnight itself was jumped over: the day begins at the jump.
    return spanAt(instantOf(wall)).from;
  }

  return { name, spanAt, instantOf, instantsOf, startOfDay };
}

function readSpan(name: string, instant: number): OffsetSpan {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.trunc(instant)).toZonedDateTimeISO(name);
  const offset = at.offsetNanoseconds / 1e6;
  const next = at.getTimeZoneTransition("next");
  // "previous" excludes the instant itself, and a span begins exactly at its transition: look from one millisecond later.
  const start = at.add({ milliseconds: 1 }).getTimeZoneTransition("previous");
  const from = start === null ? -Infinity : start.epochMilliseconds;
  const until = next === null ? Infinity : next.epochMilliseconds;
  const before = start === null ? offset : start.subtract({ milliseconds: 1 }).offsetNanoseconds / 1e6;
  return before < offset
    ? { from, until, offset, gapFrom: from + before, gapUntil: from + offset }
    : { from, until, offset, gapFrom: 0, gapUntil: 0 };
}
